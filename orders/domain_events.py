"""What happens to an order. Every event carries the state it led to, so that whoever hears it need not ask back."""

from datetime import date, datetime
from typing import Any

import msgspec

from events.log.types import DomainEvent, event, part


class Amount(msgspec.Struct, frozen=True):
    """Money in minor units (cents) with its ISO 4217 code."""

    minor: int
    currency: str


class Step(msgspec.Struct, frozen=True):
    """A status the order was given, and when."""

    status: str
    at: datetime


class Scan(msgspec.Struct, frozen=True):
    """What a carrier said of a parcel; `at` is the carrier's time, which may be earlier than what we knew before."""

    kind: str
    at: datetime
    place: str = ""


class ParcelState(msgspec.Struct, frozen=True):
    """A parcel with its scans, in the order of their own times."""

    carrier: str
    tracking: str
    scans: tuple[Scan, ...] = ()


@part("order.state")
class OrderState(msgspec.Struct, frozen=True, kw_only=True):
    """All that a live page of an order shows and that can change; in no language."""

    ref: str
    status: str
    total: Amount
    placed_at: datetime
    promised_from: date
    promised_by: date
    steps: tuple[Step, ...]
    parcel: ParcelState | None = None


class OrderEvent(DomainEvent, frozen=True, kw_only=True):
    """What all order events have. `actor` is who (staff:7, gateway:test, shopper, carrier:…, system), `reason` why, in words."""

    order: OrderState
    customer: int | None
    """The member's user id; None for a guest."""
    previous: str = ""
    actor: str = ""
    reason: str = ""


@event("order.placed")
class OrderPlaced(OrderEvent, frozen=True, kw_only=True):
    """Checkout stored the order and reserved its stock."""


@event("order.paid")
class OrderPaid(OrderEvent, frozen=True, kw_only=True):
    """The money is there."""


@event("payment.failed")
class PaymentFailed(OrderEvent, frozen=True, kw_only=True):
    """The gateway refused a payment; the shopper may try again."""


@event("order.preparing")
class OrderPreparing(OrderEvent, frozen=True, kw_only=True):
    """Somebody packs it."""


@event("order.shipped")
class OrderShipped(OrderEvent, frozen=True, kw_only=True):
    """The parcel was handed to the carrier."""


@event("order.out_for_delivery")
class OrderOutForDelivery(OrderEvent, frozen=True, kw_only=True):
    """The courier has it."""


@event("order.delivered")
class OrderDelivered(OrderEvent, frozen=True, kw_only=True):
    """It arrived."""


@event("order.cancelled")
class OrderCancelled(OrderEvent, frozen=True, kw_only=True):
    """It will not be sent; what was paid goes back."""


@event("order.refunded")
class OrderRefunded(OrderEvent, frozen=True, kw_only=True):
    """The money goes back."""


@event("parcel.scanned")
class ParcelScanned(OrderEvent, frozen=True, kw_only=True):
    """A carrier's scan that does not change the order's status."""


@event("payment.unneeded")
class PaymentUnneeded(OrderEvent, frozen=True, kw_only=True):
    """Money came for an order that was cancelled or paid already; it goes back. `payment` is the payment's id."""

    payment: int


def amount(money: Any) -> Amount:
    """A `Money` as minor units."""
    return Amount(minor=money.get_amount_in_sub_unit(), currency=money.currency.code)
