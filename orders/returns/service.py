"""The verbs of returns. Each locks the order, takes one edge of `orders.returns.lifecycle`, and tells it with an event.

`request` begins one; `move` takes a step; `pay_back` and `exchange` end it.
"""

from collections.abc import Mapping
from datetime import date
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from orders.domain_events import ReturnRequested
from orders.lifecycle import Actor, IllegalTransition, Status
from orders.lines import by_variant, check
from orders.locking import locked
from orders.models import Order, OrderLine
from orders.models.returns import Return, ReturnLine
from orders.models.reversal import Reversal
from orders.reasons import Reason
from orders.returns import reversals
from orders.returns.lifecycle import OPEN, RETURNABLE, Edge, State, edge
from orders.shipping import estimate
from shop.catalog import stock
from shop.markets import places


def returnable(order: Order) -> dict[int, int]:
    """How many of each line (by primary key) can still be sent back: sent, not paid back, in no other return."""
    left = reversals.sent_of(list(order.lines.all()))
    asked = ReturnLine.objects.filter(sent_back__order=order, sent_back__state__in=[*OPEN, State.EXCHANGED])
    for line, quantity in asked.values_list("line", "quantity"):
        left[line] -= quantity
    return {line: max(0, n) for line, n in left.items()}


def may_ask(order: Order, today: date) -> str:
    """Why nothing of the order can be sent back now, in words; "" if it can."""
    place = places.place(order.country.code)
    days = place.market.return_days if place else 0
    if not days:
        return _("We take nothing back there, except what is broken. Please write to us.")
    if order.status not in RETURNABLE:
        return _("Nothing of this order can be sent back now.")
    if order.return_until is not None and today > order.return_until:
        return _("It could be sent back until %(day)s. Please write to us.") % {"day": order.return_until}
    return ""


def request(
    ref: str, wanted: Mapping[int, int], *, reason: str, wish: str, comment: str = "", actor: str = "shopper"
) -> Return:
    """Ask to send `{line: quantity}` back. Approved at once where the market says so.

    Raises `IllegalTransition`: too late, more than was sent, nothing chosen.
    """
    with transaction.atomic():
        order = locked(ref)
        if refusal := may_ask(order, timezone.localdate()):
            raise IllegalTransition(refusal)
        wanted = {pk: n for pk, n in wanted.items() if n}
        if not wanted:
            raise IllegalTransition(_("Please choose what you want to send back."))
        left = returnable(order)
        check(order.lines.all(), wanted, left, _("%(left)s of “%(title)s” can be sent back, not %(n)s."))
        made = Return.objects.create(
            order=order, place=order.returns.count() + 1, reason=reason, wish=wish, comment=comment
        )
        ReturnLine.objects.bulk_create(ReturnLine(sent_back=made, line_id=pk, quantity=n) for pk, n in wanted.items())
        _show(order, made)
        order.record(ReturnRequested(**order.facts(actor), sent_back=made.pk))
        order.save(update_fields=["return_states"])
        place = places.place(order.country.code)
        if place is not None and place.market.returns_agreed:
            _move(order, made, State.APPROVED, Actor.SYSTEM, "system")
        return made


def _locked(ref: str, place: int) -> tuple[Order, Return]:
    order = locked(ref)
    return order, Return.objects.select_for_update().get(order=order, place=place)


def move(ref: str, place: int, target: State, *, by: Actor, actor: str, answer: str = "", tracking: str = "") -> Return:
    """Take a step that needs nothing else. Raises `IllegalTransition`, `Return.DoesNotExist`."""
    with transaction.atomic():
        order, found = _locked(ref, place)
        if target == State.REFUSED and not answer:
            raise IllegalTransition(_("Please tell the shopper why."))
        found.answer = answer or found.answer
        found.tracking = tracking or found.tracking
        return _move(order, found, target, by, actor)


def _legal(found: Return, target: State, by: Actor) -> Edge:
    taken = edge(found.state, target)
    if taken is None or by not in taken.by:
        raise IllegalTransition(
            _("%(number)s is %(state)s; that step cannot be taken now.")
            % {"number": found.number, "state": found.get_state_display()}
        )
    return taken


def _move(order: Order, found: Return, target: State, by: Actor, actor: str) -> Return:
    taken = _legal(found, target, by)
    found.state, found.moved_at = target.value, timezone.now()
    found.save()
    _show(order, found)
    order.record(taken.event(**order.facts(actor), sent_back=found.pk))
    order.save(update_fields=["return_states", "money_problem"])
    return found


def _show(order: Order, found: Return) -> None:
    """What of a return stands in the order's state. The caller saves `return_states`."""
    shown = {
        "place": found.place,
        "state": found.state,
        "at": found.moved_at.isoformat(),
        "items": [[each.line.title, each.quantity] for each in found.lines.select_related("line")],
        "replacement": found.replacement.ref if found.replacement else "",
    }
    order.return_states = [*(each for each in order.return_states if each["place"] != found.place), shown]


def receive(ref: str, place: int, restock: Mapping[int, bool], *, actor: str) -> Return:
    """The goods are here. `restock` says of each line whether it can be sold again; the others cannot."""
    with transaction.atomic():
        order, found = _locked(ref, place)
        for line in found.lines.all():
            line.restock = restock.get(line.line_id, False)
            line.save(update_fields=["restock"])
        return _move(order, found, State.RECEIVED, Actor.STAFF, actor)


def pay_back(ref: str, place: int, *, actor: str, with_delivery: bool | None = None) -> Return:
    """End a return with a refund of its lines. The delivery goes back by the rule of `reversals`, or as said."""
    with transaction.atomic():
        order, found = _locked(ref, place)
        _legal(found, State.REFUNDED, Actor.STAFF)
        found.reversal = reversals.reverse_locked(
            order,
            {line.line_id: line.quantity for line in found.lines.all()},
            kind=Reversal.Kind.PAID_BACK,
            reason=Reversal.Reason.RETURNED,
            restock=False,  # line by line, when it was received
            actor=actor,
            with_delivery=with_delivery,
        )
        return _move(order, found, State.REFUNDED, Actor.STAFF, actor)


def exchange(ref: str, place: int, *, actor: str) -> Return:
    """End a return with an order of the same goods that costs nothing.

    Raises `IllegalTransition` where the shop has not enough of them: the return stays received then.
    """
    with transaction.atomic():
        order, found = _locked(ref, place)
        _legal(found, State.EXCHANGED, Actor.STAFF)
        lines = list(found.lines.select_related("line"))
        for each in lines:
            if each.line.variant_id is None:
                raise IllegalTransition(_("“%(title)s” is sold no more.") % {"title": each.line.title})
        replacement = _replacement(order)
        try:
            stock.reserve(by_variant(found.lines.all()), replacement.ref)
        except stock.OutOfStock:
            raise IllegalTransition(_("There is not enough in stock for a replacement.")) from None
        replacement.begin("system")
        replacement.save()
        OrderLine.objects.bulk_create(
            OrderLine(
                order=replacement,
                variant_id=each.line.variant_id,
                sku=each.line.sku,
                title=each.line.title,
                quantity=each.quantity,
                unit_price=order.total * 0,
                discount=order.total * 0,
                net=order.total * 0,
                tax=order.total * 0,
                tax_category=each.line.tax_category,
                tax_percent=each.line.tax_percent,
            )
            for each in lines
        )
        replacement.move(Status.PAID, Actor.SYSTEM, "system", Reason.FREE)
        replacement.save(update_fields=["status", "timeline"])
        found.replacement = replacement
        return _move(order, found, State.EXCHANGED, Actor.STAFF, actor)


_SAME = (
    "user_id",
    "email",
    "name",
    "address",
    "city",
    "region",
    "postal_code",
    "country",
    "company",
    "language",
    "delivery_method",
    "delivery_title",
    "market",
    "prices_include_tax",
)
"""What a replacement has from its order. Not the VAT number: nothing is sold."""


def _replacement(order: Order) -> Order:
    nothing = order.total * 0
    days = estimate.promised(order.delivery_method, timezone.localdate(), order.country.code, order.region)
    amounts = ("subtotal", "discount", "delivery_price", "delivery_discount", "delivery_net", "delivery_tax", "tax")
    same: dict[str, Any] = {name: getattr(order, name) for name in _SAME}
    return Order(
        **same,
        **dict.fromkeys((*amounts, "total", "captured", "refunded"), nothing),
        promised_from=days.first,
        promised_by=days.last,
        promise_measured=days.measured,
    )


def sellable(sent_back: int) -> dict[int, int]:
    """How many of each variant (by primary key) of a received return can be sold again."""
    return by_variant(ReturnLine.objects.filter(sent_back=sent_back, restock=True))
