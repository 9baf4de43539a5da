"""An order's money, as staff deal with it: ask the gateways, return a part, book what they returned themselves."""

from typing import Any, ClassVar

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _
from djmoney.money import Money

from orders.admin.acting import Acting
from orders.lifecycle import IllegalTransition
from orders.models import Order, Refund
from orders.payments import service as payments
from orders.staff_input import typed
from shop.lib.typed_money import AmountReader, NotAnAmount


class MoneyActions(Acting):
    """The buttons beside an order's payments."""

    addresses: ClassVar[tuple[tuple[str, str], ...]] = (
        ("returned/", "returned"),
        ("ask/", "ask"),
        ("payment-link/", "payment_link"),
        ("looked-at/", "looked_at"),
        ("refunds/<int:refund>/again/", "again"),
        ("refund/<int:payment>/", "refund"),
    )

    def returned(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Staff have returned what came past the gateways."""

        def do(order: Order, actor: str) -> str:
            return str(_("Booked as returned.")) if payments.book_returned_by_hand(order.ref, actor) else ""

        return self.act(request, object_id, "orders.refund_order", do)

    def ask(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Ask the gateways what became of the open payments: a webhook may have got lost."""

        def do(order: Order, actor: str) -> str:
            try:
                found = payments.ask(order.ref)
            except Exception as problem:
                raise IllegalTransition(
                    _("The gateway could not be asked: %(problem)s") % {"problem": problem}
                ) from None
            messages.info(request, ", ".join(found) or _("The gateway knows of nothing new."))
            return ""

        return self.act(request, object_id, "orders.mark_paid", do)

    def refund(self, request: HttpRequest, object_id: str, payment: int) -> HttpResponse:
        """A part of a payment, or all of it, goes back through its gateway."""

        def do(order: Order, actor: str) -> str:
            found = order.payments.filter(pk=payment).first()
            if found is None:
                raise Http404
            wanted = amount_of(typed(request, "amount", 20), found.amount.currency.code)
            payments.request_refund(found.pk, wanted, actor)
            return str(_("%(amount)s is being returned.") % {"amount": wanted})

        return self.act(request, object_id, "orders.refund_order", do)

    def payment_link(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """The shopper gets a link to pay by mail."""

        def do(order: Order, actor: str) -> str:
            payments.send_link(order.ref, actor)
            return str(_("The link goes to %(email)s.") % {"email": order.email})

        return self.act(request, object_id, "orders.mark_paid", do)

    def looked_at(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """A problem of the order's money is dealt with."""

        def do(order: Order, actor: str) -> str:
            payments.looked_at(order.ref, actor)
            return str(_("It does not wait for us any more."))

        return self.act(request, object_id, "orders.refund_order", do)

    def again(self, request: HttpRequest, object_id: str, refund: int) -> HttpResponse:
        """A refund that failed is tried once more."""

        def do(order: Order, actor: str) -> str:
            if not Refund.objects.filter(pk=refund, payment__order=order).exists():
                raise Http404
            made = payments.try_again(refund, actor)
            return str(_("%(amount)s is being returned.") % {"amount": made.amount})

        return self.act(request, object_id, "orders.refund_order", do)


def amount_of(text: str, currency: str) -> Any:
    """The amount that somebody typed. Raises `IllegalTransition`."""
    try:
        return Money(AmountReader(currency).read(text), currency)
    except NotAnAmount:
        raise IllegalTransition(_("This is no amount of %(currency)s.") % {"currency": currency}) from None
