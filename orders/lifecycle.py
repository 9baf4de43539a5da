"""The life of an order: one table of statuses, one of edges.

From here come the events, the staff's buttons, the shopper's wording and `docs/lifecycle.md`. An order never moves
along an edge that is not here: what a carrier reports late is kept with the parcel. It goes back in one way only:
staff undo their last move within a minute, where nobody was written to and neither money nor paper moved (`undo`).
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from orders.domain_events import (
    OrderCancelled,
    OrderDelivered,
    OrderEvent,
    OrderOutForDelivery,
    OrderPaid,
    OrderPartlyShipped,
    OrderPlaced,
    OrderPreparing,
    OrderRefunded,
    OrderShipped,
    PaymentFailed,
)


class Status(StrEnum):
    """What the shop did. (What the carrier says is the parcel's.)"""

    PLACED = "placed"
    PAYMENT_FAILED = "payment_failed"
    PAID = "paid"
    PREPARING = "preparing"
    PARTLY_SHIPPED = "partly_shipped"
    SHIPPED = "shipped"
    OUT_FOR_DELIVERY = "out_for_delivery"
    DELIVERED = "delivered"
    CANCELLED = "cancelled"
    REFUNDED = "refunded"


@dataclass(frozen=True)
class Wording:
    """A status in words: `label` for badges and titles, `sentence` for the shopper, `next` for what comes then."""

    label: Promise
    sentence: Promise
    next: Promise | str = ""


WORDING: dict[Status, Wording] = {
    Status.PLACED: Wording(
        _("Placed"),
        _("We have your order and keep your things for you."),
        _("Next: your payment."),
    ),
    Status.PAYMENT_FAILED: Wording(
        _("Payment failed"),
        _("The payment did not go through. Nothing was charged, and your things are still kept for you."),
        _("Next: try again, with the same card or another."),
    ),
    Status.PAID: Wording(
        _("Paid"),
        _("Thank you, your payment has arrived."),
        _("Next: we pack your things."),
    ),
    Status.PREPARING: Wording(
        _("Preparing"),
        _("Somebody is packing your things right now."),
        _("Next: the parcel goes to the carrier."),
    ),
    Status.PARTLY_SHIPPED: Wording(
        _("Partly shipped"),
        _("A part of your order is with the carrier; the rest follows."),
        _("Next: the rest goes to the carrier."),
    ),
    Status.SHIPPED: Wording(
        _("Shipped"),
        _("Your parcel is with the carrier."),
        _("Next: the courier takes it out for delivery."),
    ),
    Status.OUT_FOR_DELIVERY: Wording(
        _("Out for delivery"),
        _("The courier has your parcel and is on the way to you."),
        _("Next: the doorbell."),
    ),
    Status.DELIVERED: Wording(_("Delivered"), _("Your parcel has arrived. We hope you like it.")),
    Status.CANCELLED: Wording(_("Cancelled"), _("This order was cancelled.")),
    Status.REFUNDED: Wording(_("Refunded"), _("This order was refunded.")),
}

ENDED: frozenset[Status] = frozenset({Status.CANCELLED, Status.REFUNDED})
"""The statuses in which an order's money, if there was any, goes back."""


class Refund(StrEnum):
    """What becomes of the money of an order that ended."""

    NOTHING_PAID = "nothing_paid"
    GATEWAY = "gateway"
    """The gateway that took it returns it."""
    BY_HAND = "by_hand"
    """It came past the gateways; staff return it."""


ENDINGS: dict[tuple[Status, Refund], Promise] = {
    (Status.CANCELLED, Refund.NOTHING_PAID): _("This order was cancelled. Nothing was paid."),
    (Status.CANCELLED, Refund.GATEWAY): _("This order was cancelled. What was paid is returned."),
    (Status.CANCELLED, Refund.BY_HAND): _("This order was cancelled. Our staff return what was paid."),
    (Status.REFUNDED, Refund.NOTHING_PAID): _("This order was closed. Nothing was paid, so nothing is returned."),
    (Status.REFUNDED, Refund.GATEWAY): _("Your money is on its way back to you."),
    (Status.REFUNDED, Refund.BY_HAND): _("Our staff return your money to you."),
}
"""The shopper's sentence once an order has ended, by what becomes of the money."""

PATH: tuple[Status, ...] = (
    Status.PLACED,
    Status.PAID,
    Status.PREPARING,
    Status.SHIPPED,
    Status.OUT_FOR_DELIVERY,
    Status.DELIVERED,
)
"""The way an order goes when all goes well; the steps of the shopper's timeline."""

PAYABLE: frozenset[Status] = frozenset({Status.PLACED, Status.PAYMENT_FAILED})
"""The statuses in which an order waits for money."""

UNPACKED: frozenset[Status] = PAYABLE | {Status.PAID}
"""The statuses in which nobody has begun to pack: the shopper may still change the address."""


class Actor(StrEnum):
    """Who may take an edge."""

    STAFF = "staff"
    SHOPPER = "shopper"
    GATEWAY = "gateway"
    CARRIER = "carrier"
    SYSTEM = "system"


@dataclass(frozen=True)
class Edge:
    """One legal transition. `verb` is what the staff's button says; `final` asks for a confirmation first.

    `undo` says that staff can take it back for a minute (`orders.undoing`).
    """

    source: Status
    target: Status
    event: type[OrderEvent]
    verb: Promise | str
    by: frozenset[Actor]
    final: bool = False
    undo: bool = False

    @property
    def permission(self) -> str:
        """What staff need to take it; for the others `by` decides."""
        return PERMISSIONS.get(self.target, "orders.change_order")


PERMISSIONS: dict[Status, str] = {
    Status.PAID: "orders.mark_paid",
    Status.CANCELLED: "orders.cancel_order",
    Status.REFUNDED: "orders.refund_order",
}
"""What staff need to move an order to a status, where it is more than the permission to pack and send."""


def _edges(
    sources: Iterable[Status],
    target: Status,
    event: type[OrderEvent],
    verb: Promise | str,
    by: Iterable[Actor],
    final: bool = False,
    undo: bool = False,
) -> list[Edge]:
    return [Edge(source, target, event, verb, frozenset(by), final, undo) for source in sources]


S, A = Status, Actor

EDGES: tuple[Edge, ...] = (
    *_edges([S.PLACED, S.PAYMENT_FAILED], S.PAID, OrderPaid, _("Mark paid"), [A.STAFF, A.GATEWAY, A.SYSTEM]),
    *_edges([S.PLACED, S.PAYMENT_FAILED], S.PAYMENT_FAILED, PaymentFailed, "", [A.GATEWAY]),
    *_edges([S.PAID], S.PREPARING, OrderPreparing, _("Start preparing"), [A.STAFF], undo=True),
    # Staff say which goods go into a parcel (`orders.shipping.parcels.send`); there is no button for a part alone.
    *_edges([S.PREPARING], S.PARTLY_SHIPPED, OrderPartlyShipped, "", [A.STAFF]),
    *_edges([S.PREPARING], S.SHIPPED, OrderShipped, _("Ship"), [A.STAFF]),
    *_edges([S.PARTLY_SHIPPED], S.SHIPPED, OrderShipped, _("Ship"), [A.STAFF, A.SYSTEM]),
    *_edges(
        [S.SHIPPED], S.OUT_FOR_DELIVERY, OrderOutForDelivery, _("Out for delivery"), [A.STAFF, A.CARRIER], undo=True
    ),
    *_edges([S.SHIPPED, S.OUT_FOR_DELIVERY], S.DELIVERED, OrderDelivered, _("Mark delivered"), [A.STAFF, A.CARRIER]),
    # Once the rest of a partly shipped order is cancelled, it is where its parcels are.
    *_edges([S.PARTLY_SHIPPED], S.OUT_FOR_DELIVERY, OrderOutForDelivery, "", [A.SYSTEM]),
    *_edges([S.PARTLY_SHIPPED], S.DELIVERED, OrderDelivered, "", [A.SYSTEM]),
    *_edges(
        [S.PLACED, S.PAYMENT_FAILED],
        S.CANCELLED,
        OrderCancelled,
        _("Cancel"),
        [A.STAFF, A.SHOPPER, A.SYSTEM],
        final=True,
    ),
    *_edges([S.PAID], S.CANCELLED, OrderCancelled, _("Cancel"), [A.STAFF, A.SHOPPER], final=True),
    *_edges([S.PREPARING], S.CANCELLED, OrderCancelled, _("Cancel"), [A.STAFF], final=True),
    *_edges(
        [S.PAID, S.PREPARING, S.PARTLY_SHIPPED, S.SHIPPED, S.OUT_FOR_DELIVERY, S.DELIVERED],
        S.REFUNDED,
        OrderRefunded,
        _("Refund"),
        [A.STAFF],
        final=True,
    ),
    *_edges([S.CANCELLED], S.REFUNDED, OrderRefunded, _("Refund"), [A.STAFF, A.SYSTEM], final=True),
)

FIRST_EVENT: type[OrderEvent] = OrderPlaced


def _before(*ends: Status) -> frozenset[Status]:
    """The statuses that an order can have from its payment on, until it reaches one of `ends` or has ended."""
    found: set[Status] = set()
    waiting = [Status.PAID]
    while waiting:
        status = waiting.pop()
        if status not in found and status not in ENDED and status not in ends:
            found.add(status)
            waiting += [edge.target for edge in EDGES if edge.source == status]
    return frozenset(found)


IN_HAND: frozenset[Status] = _before(Status.SHIPPED, Status.OUT_FOR_DELIVERY, Status.DELIVERED)
"""The statuses in which the shop has the money and at least some of the goods: it is at work, or late."""

EXPECTED: frozenset[Status] = _before(Status.OUT_FOR_DELIVERY, Status.DELIVERED)
"""The statuses in which the shopper's page says when the parcel is expected."""


class IllegalTransition(ValueError):
    """There is no such edge, or not for that actor. The message is for a person."""


def edge(source: str, target: str) -> Edge | None:
    """The edge between two statuses, if it is legal."""
    return next((e for e in EDGES if e.source == source and e.target == target), None)


def edges_from(source: str, actor: Actor) -> list[Edge]:
    """What `actor` may do with an order in `source`, in the order of the table."""
    return [e for e in EDGES if e.source == source and actor in e.by]


def buttons(source: str) -> list[Edge]:
    """The moves of staff that are a button of their own: an edge without a verb follows from something else."""
    return [e for e in edges_from(source, Actor.STAFF) if e.verb]


def sentence(status: str, refund: str) -> str:
    """What the shopper reads of a status, in the active language.

    `refund` is that of `OrderState`, empty if not known.
    """
    member = Status(status)
    ending = ENDINGS.get((member, Refund(refund))) if refund else None
    return str(ending or WORDING[member].sentence)


def label(status: str) -> str:
    """A status in one or two words, in the active language."""
    return str(WORDING[Status(status)].label)


CHOICES = [(status.value, WORDING[status].label) for status in Status]
