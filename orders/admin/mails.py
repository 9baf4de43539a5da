"""The mails of an order in admin: which were sent, wait or failed; what each said; to have one sent again."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar

from csp.decorators import csp
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.views.decorators.clickjacking import xframe_options_sameorigin

from events.delivery import dead_letters
from events.models import Delivery, Event
from orders.admin.acting import Acting
from orders.admin.timeline import WORDS
from orders.handlers import MAILERS
from orders.models import Order, OrderMail
from orders.notifications.kept_mails import AGAIN, request_again
from orders.staff_input import typed
from shop.lib.typed_text import whole_number

HANDLERS = frozenset({*MAILERS, AGAIN})
RESEND = "orders.resend_mail"
LONGEST = 200
"""Characters that are shown of why a mail failed."""


@dataclass(frozen=True)
class Row:
    """One mail. `mail` is what was kept of it; without it the mail waits, or `failed`, and `reason` says why.

    `again` says that it can be sent again.
    """

    kind: str
    at: datetime
    mail: OrderMail | None = None
    failed: bool = False
    handler: str = ""
    reason: str = ""
    again: bool = False


def rows(order: Order, events: Iterable[Event]) -> list[Row]:
    """The newest first. One query; the events come with their deliveries."""
    kept = [
        Row(_words(mail.kind), mail.sent_at, mail, again=mail.handler != AGAIN) for mail in order.mails.defer("content")
    ]
    waiting = [
        _unsent(event, delivery)
        for event in events
        for delivery in event.deliveries.all()
        if delivery.handler in HANDLERS and delivery.acknowledged_at is None
    ]
    return sorted([*kept, *waiting], key=lambda row: row.at, reverse=True)


def _unsent(event: Event, delivery: Delivery) -> Row:
    reason = delivery.last_error.strip().rpartition("\n")[2][:LONGEST]
    failed = delivery.dead_lettered_at is not None
    return Row(_words(event.type), event.recorded_at, None, failed, delivery.handler, reason)


def _words(kind: str) -> str:
    return str(WORDS.get(kind, kind))


def may_send(user: Any) -> bool:
    """Whether this person may have mails sent again."""
    return any(user.has_perm(permission) for permission in (RESEND, "orders.change_order"))


class MailActions(Acting):
    """The addresses of an order's mails."""

    addresses: ClassVar[tuple[tuple[str, str], ...]] = (
        ("mails/<int:mail>/", "mail"),
        ("mails/<int:mail>/html/", "mail_html"),
        ("mails/<int:mail>/again/", "mail_again"),
        ("mails/try-again/<str:handler>/", "mail_try_again"),
    )

    def mail(self, request: HttpRequest, object_id: str, mail: int) -> HttpResponse:
        """What it said, and the question whether to send it again."""
        order = self.order_of(request, object_id)
        found = get_object_or_404(OrderMail, pk=mail, order=order)
        context = {
            **self.admin_site.each_context(request),
            "title": found.subject,
            "order": order,
            "mail": found,
            "kind": _words(found.kind),
            "content": found.read(),
            "may_send": may_send(request.user) and found.handler != AGAIN,
            "opts": Order._meta,
        }
        return render(request, "admin/orders/order/mail.html", context)

    @method_decorator(xframe_options_sameorigin)
    @method_decorator(
        csp(
            {
                "default-src": ["'none'"],
                "script-src": ["'none'"],
                "style-src": ["'unsafe-inline'"],
                "img-src": ["'none'"],
                "form-action": ["'none'"],
                "frame-ancestors": ["'self'"],
                "sandbox": True,
            }
        )
    )
    def mail_html(self, request: HttpRequest, object_id: str, mail: int) -> HttpResponse:
        """The HTML part, for a frame in which nothing runs and no link leads anywhere."""
        order = self.order_of(request, object_id)
        content = get_object_or_404(OrderMail, pk=mail, order=order).read()
        if content is None:
            raise Http404
        return HttpResponse(content.html)

    def mail_again(self, request: HttpRequest, object_id: str, mail: int) -> HttpResponse:
        """Have it sent again, to the address that the order has now."""

        def do(order: Order, actor: str) -> str:
            seen = whole_number(typed(request, "seen", 5))
            get_object_or_404(OrderMail.objects.defer("content"), pk=mail, order=order)
            request_again(order.ref, mail, -1 if seen is None else seen, actor)
            return _("It is sent again, to %(email)s.") % {"email": order.email}

        return self._act_on_mails(request, object_id, do)

    def mail_try_again(self, request: HttpRequest, object_id: str, handler: str) -> HttpResponse:
        """A mail that failed for good is tried once more, and those that wait behind it."""
        if handler not in HANDLERS:
            raise Http404

        def do(order: Order, actor: str) -> str:
            tried = dead_letters.retry(handler, order.stream)
            return _("It is tried once more.") if tried else ""

        return self._act_on_mails(request, object_id, do)

    def _act_on_mails(self, request: HttpRequest, object_id: str, do: Any) -> HttpResponse:
        if not may_send(request.user):
            raise PermissionDenied
        allowed = RESEND if request.user.has_perm(RESEND) else "orders.change_order"  # type: ignore[union-attr]
        return self.act(request, object_id, allowed, do)
