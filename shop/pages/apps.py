"""The Django app of the shop's own pages."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class PagesConfig(AppConfig):
    """Imprint, terms, privacy and the other pages whose texts the owner writes."""

    name = "shop.pages"
    verbose_name = _("Pages")

    def ready(self) -> None:
        from shop.pages import published
        from shop.pages.models import Page

        published.in_language.forget_with(Page)
