"""Every mail of the shop: one frame around its HTML, styles in the elements, and a text part that says the same.

A template `mail/<name>.html` extends `mail/base.html`, its twin `mail/<name>.txt` extends `mail/base.txt`.
"""

from collections.abc import Mapping, Sequence
from functools import cache
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.template.loader import render_to_string
from django.utils.translation import get_language

if TYPE_CHECKING:
    from css_inline import CSSInliner


@cache
def _inliner() -> "CSSInliner":
    from css_inline import CSSInliner  # only a process that writes mails needs it

    # What stays in a <style> is for dark windows: it cannot stand in an element.
    return CSSInliner(keep_at_rules=True, load_remote_stylesheets=False)


def html(template: str, context: Mapping[str, Any]) -> str:
    """The HTML part: programs for mail read few of the rules in a <style>, and all those in an element."""
    return _inliner().inline(render_to_string(f"{template}.html", _with_shop(context)))


def text(template: str, context: Mapping[str, Any]) -> str:
    """The text part, without the empty lines that tags leave behind."""
    lines = [line.rstrip() for line in render_to_string(f"{template}.txt", _with_shop(context)).splitlines()]
    kept = [line for line, before in zip(lines, ["", *lines], strict=False) if line or before]
    return "\n".join(kept).strip() + "\n"


def compose(
    template: str,
    context: Mapping[str, Any],
    *,
    subject: str,
    to: str,
    headers: Mapping[str, str],
    reply_to: Sequence[str],
) -> EmailMultiAlternatives:
    """A mail in the active language. `subject` also is its heading where the template has no other."""
    context = {**context, "subject": subject}
    message = EmailMultiAlternatives(
        subject=subject, body=text(template, context), to=[to], headers=dict(headers), reply_to=list(reply_to)
    )
    message.attach_alternative(html(template, context), "text/html")
    return message


def _with_shop(context: Mapping[str, Any]) -> dict[str, Any]:
    return {"brand": settings.BRAND, "site": settings.SITE_URL, "language": get_language(), **context}
