"""The links to the shop's own pages."""

from django import template
from django.urls import get_script_prefix
from django.utils.html import format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import get_language

from shop.lib.kept_briefly import kept_briefly
from shop.pages import published
from shop.pages.models import Page

register = template.Library()


@register.simple_tag
def page_links() -> SafeString:
    """A link to each published page, for the foot."""
    return _links(get_language() or "", get_script_prefix())


@kept_briefly()
def _links(language: str, prefix: str) -> SafeString:
    """Written once for each language and prefix of the addresses, which both are active."""
    rows = [(each.address, each.title) for each in published.listed()]
    return format_html_join("\n", '<a href="{}">{}</a>', rows)


_links.forget_with(Page)
