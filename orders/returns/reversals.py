"""Take lines out of an order, in whole or in part: what becomes of the goods, and of the money that was paid for them.

A line pays back its share of what was paid, not its list price. The shares of all its pieces add up to the cent.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from orders.domain_events import LinesReversed
from orders.lifecycle import Actor, IllegalTransition, Status, edge
from orders.lines import by_variant, check
from orders.locking import locked
from orders.models import Order, OrderLine, Payment
from orders.models.parcel import ParcelLine
from orders.models.reversal import Reversal, ReversalLine
from orders.payments import service as payments
from orders.shipping import parcels
from shop.pricing.amounts import minor, money, part_of

Kind = Reversal.Kind

REVERSIBLE = (
    Status.PAID,
    Status.PREPARING,
    Status.PARTLY_SHIPPED,
    Status.SHIPPED,
    Status.OUT_FOR_DELIVERY,
    Status.DELIVERED,
)
"""The statuses of an order that has money, and goes on."""


def shares_of(lines: list[OrderLine], wanted: Mapping[int, int]) -> dict[int, int]:
    """What each line pays back, by its primary key: its share of what was paid, in minor units."""
    return {
        line.pk: part_of(minor(line.gross), line.quantity, line.reversed, wanted[line.pk])
        for line in lines
        if line.pk in wanted
    }


def nothing_stays(lines: list[OrderLine], wanted: Mapping[int, int]) -> bool:
    """Whether the shopper keeps nothing of the order then. The rule by which the delivery is paid back too."""
    return all(line.quantity == line.reversed + wanted.get(line.pk, 0) for line in lines)


def reverse(
    ref: str,
    wanted: Mapping[int, int],
    *,
    kind: str,
    reason: str,
    restock: bool,
    actor: str,
    with_delivery: bool | None = None,
    seen: str | None = None,
) -> Reversal:
    """Take `{line: quantity}` out of the order, and ask for the refund of its share.

    `with_delivery` None: by the rule, once nothing of the order stays with the shopper. `seen` is the number of
    reversals that whoever asks knows of: with another number nothing is done, so that a double click is one.

    Raises `IllegalTransition`, and nothing is written then: for more than there is, an order without money, or one of
    which nothing would be left.
    """
    with transaction.atomic():
        order = locked(ref)
        if seen is not None and seen != str(order.reversals.count()):
            raise IllegalTransition(_("Something was taken out meanwhile. Please look at what is left."))
        made = reverse_locked(
            order, wanted, kind=kind, reason=reason, restock=restock, actor=actor, with_delivery=with_delivery
        )
        order.save(update_fields=["cancelled_items", "money_problem"])
        _move_on(order, actor)
        return made


def reverse_locked(
    order: Order,
    wanted: Mapping[int, int],
    *,
    kind: str,
    reason: str,
    restock: bool,
    actor: str,
    with_delivery: bool | None = None,
) -> Reversal:
    """The same under a lock that the caller holds; the caller saves, with `cancelled_items` and `money_problem`."""
    if order.status not in REVERSIBLE:
        raise IllegalTransition(
            _("%(ref)s is %(status)s; nothing can be taken out of it now.")
            % {"ref": order.ref, "status": order.get_status_display()}
        )
    lines = list(order.lines.select_for_update().order_by("pk"))
    wanted = {pk: n for pk, n in wanted.items() if n}
    _check(order, lines, wanted, kind)
    everything = nothing_stays(lines, wanted)
    if kind == Kind.CANCELLED and everything and order.status in (Status.PAID, Status.PREPARING):
        raise IllegalTransition(_("That is all of the order. Please cancel the order instead."))
    if with_delivery is None:
        with_delivery = everything
    if with_delivery and order.reversals.filter(delivery__gt=0).exists():
        with_delivery = False
    shares = shares_of(lines, wanted)
    delivery = minor(order.delivery_net + order.delivery_tax) if with_delivery else 0
    total = money(sum(shares.values()) + delivery, order.currency)
    refund = ask_back(order, total, actor) if total else None
    made = Reversal.objects.create(
        order=order,
        kind=kind,
        reason=reason,
        restock=restock,
        delivery=money(delivery, order.currency),
        refund=refund,
        actor=actor,
    )
    ReversalLine.objects.bulk_create(
        ReversalLine(reversal=made, line_id=pk, quantity=n, amount=money(shares[pk], order.currency))
        for pk, n in wanted.items()
    )
    for line in lines:
        if count := wanted.get(line.pk, 0):
            line.reversed += count
            line.cancelled += count if kind == Kind.CANCELLED else 0
            line.save(update_fields=["reversed", "cancelled"])
    order.cancelled_items = [[line.title, line.cancelled] for line in lines if line.cancelled]
    order.record(LinesReversed(**order.facts(actor), reversal=made.pk, refund=refund.pk if refund else None))
    return made


def _check(order: Order, lines: list[OrderLine], wanted: Mapping[int, int], kind: str) -> None:
    if not wanted:
        raise IllegalTransition(_("Please choose what is taken out."))
    there = parcels.left_of(lines) if kind == Kind.CANCELLED else sent_of(lines)
    check(lines, wanted, there, _("%(there)s of “%(title)s” are there for this, not %(n)s."))


def sent_of(lines: list[OrderLine]) -> dict[int, int]:
    """How many of each line were sent and are not paid back yet. One query."""
    sent = {line.pk: line.cancelled - line.reversed for line in lines}
    for pk, quantity in ParcelLine.objects.filter(line__in=sent).values_list("line", "quantity"):
        sent[pk] += quantity
    return sent


def payment_with(payments_of_it: Iterable[Payment], total: Any) -> Payment | None:
    """The first payment that has as much left to return."""
    for payment in payments_of_it:
        if payment.state in (*Payment.HELD, Payment.State.AUTHORISED) and payment.amount - payment.refunded >= total:
            return payment
    return None


def ask_back(order: Order, total: Any, actor: str) -> Any:
    """A refund of one payment that has as much left. A handler carries it out. The caller holds the order's lock."""
    payment = payment_with(order.payments.select_for_update().order_by("pk"), total)
    if payment is None:
        raise IllegalTransition(
            _("No payment of this order has %(amount)s left that could be returned.") % {"amount": total}
        )
    return payments.make_refund(order, payment, total, actor)


def _move_on(order: Order, actor: str) -> None:
    """An order whose rest is cancelled is sent as far as its parcels are. The caller holds the lock."""
    if order.status == Status.PARTLY_SHIPPED:
        target = parcels.reached(order)
        if target is not None and edge(order.status, target):
            order.move(target, Actor.SYSTEM, actor)
            order.save(update_fields=["status", "timeline"])


def contents(reversal: int) -> dict[int, int]:
    """How many of each variant (by primary key) a reversal is about."""
    return by_variant(ReversalLine.objects.filter(reversal=reversal))
