"""What was paid for an order, and what becomes of it when the order ends.

A payment with a session was made at a gateway, which returns it. One without was taken outside of any gateway (a bank
transfer that staff saw, cash): only people can return it.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db.models import prefetch_related_objects
from djmoney.money import Money

from orders.lifecycle import ENDED, Refund, Status

if TYPE_CHECKING:
    from orders.models import Order, Payment

MANUAL = "manual"
"""The gateway's name of a payment that staff booked."""


def refund_of(order: "Order") -> Refund:
    """Who returns the money of this order, should it end now. One query, none if its payments are prefetched."""
    came = [p for p in order.payments.all() if p.state in p.CAME]
    if any(p.by_hand and p.state in p.HELD for p in came):
        return Refund.BY_HAND
    if any(not p.by_hand for p in came):
        return Refund.GATEWAY
    if came or (order.total and any(entry["status"] == Status.PAID for entry in order.timeline)):
        return Refund.BY_HAND
    return Refund.NOTHING_PAID


@dataclass(frozen=True)
class Due:
    """What is still to be returned: by staff, and by gateways (with their names)."""

    by_hand: Money | None
    by_gateway: Money | None
    gateways: str


def due(order: "Order") -> Due:
    """What would have to be returned, or for an order that ended: what has not been returned yet."""
    open_ones = [p for p in order.payments.all() if p.held]
    at_gateways = [p for p in open_ones if not p.by_hand]
    names = ", ".join(sorted({p.gateway for p in at_gateways}))
    return Due(_sum([p for p in open_ones if p.by_hand]), _sum(at_gateways), names)


def asked_by_hand(order: "Order") -> Due:
    """Of an order that goes on: what staff have to return themselves, because somebody asked for it."""
    waiting = [
        refund.amount
        for payment in order.payments.all()
        if payment.by_hand
        for refund in payment.refunds.all()
        if refund.state == refund.State.REQUESTED
    ]
    return Due(sum(waiting[1:], waiting[0]) if waiting else None, None, "")


def at_stake(order: "Order") -> Money:
    """What goes back if the order ends now: all that came or is authorised, and nobody has asked back yet."""
    total: Money = order.total
    payments = list(order.payments.all())
    authorised = [p for p in payments if p.state == p.State.AUTHORISED]
    if not authorised and not any(p.state in p.CAME for p in payments):
        return total if refund_of(order) == Refund.BY_HAND else total * 0  # paid, and no payment was kept of it
    return sum((p.left for p in payments), total * 0) + sum((p.to_capture for p in authorised), total * 0)


def ended(order: "Order") -> bool:
    """Whether the order was cancelled or refunded."""
    return order.status in ENDED


def prefetch(orders: Iterable["Order"]) -> None:
    """Read the payments of those that ended, which their states need, in one query."""
    prefetch_related_objects([order for order in orders if ended(order)], "payments__refunds")


def _sum(payments: list["Payment"]) -> Money | None:
    amounts = [p.held for p in payments]
    return sum(amounts[1:], amounts[0]) if amounts else None
