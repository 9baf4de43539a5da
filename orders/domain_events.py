"""The events of an order. Each event carries the new state of the order, so that a handler needs no query for it."""

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
    by: str = ""
    """The first name of the member of staff who did it and wants it shown; empty for anybody else."""
    back: bool = False
    """Whether the order went back to this status, because staff undid the step before."""


class Scan(msgspec.Struct, frozen=True):
    """One scan of a parcel by a carrier. `at` is the carrier's time; scans may arrive late and out of order."""

    kind: str
    at: datetime
    place: str = ""


class Item(msgspec.Struct, frozen=True):
    """How many of what: a line of the order as it was called when it was bought."""

    title: str
    quantity: int


class Photo(msgspec.Struct, frozen=True):
    """A photo of a parcel: its number, what it shows (`packed`, `door`) and when it was taken. Never the picture."""

    id: int
    kind: str
    at: datetime


class ParcelState(msgspec.Struct, frozen=True):
    """A parcel with its scans, ordered by the carrier's time."""

    carrier: str
    tracking: str
    scans: tuple[Scan, ...] = ()
    id: int = 0
    state: str = ""
    """What its newest scan says."""
    link: str = ""
    """Where the carrier shows it; empty where that is not known."""
    items: tuple[Item, ...] = ()
    """What is in it; empty where everything is."""
    stops_before: int | None = None
    """While a rider of the shop has it: how many stops come before it."""
    stops_at: datetime | None = None
    """When that was so."""
    photos: tuple[Photo, ...] = ()
    """What staff photographed of it, in that order."""


class ReturnState(msgspec.Struct, frozen=True):
    """How far a return of the order is. `place` counts the order's returns."""

    place: int
    state: str
    at: datetime
    items: tuple[Item, ...] = ()
    replacement: str = ""
    """The reference of the order that replaces the goods."""


class Paper(msgspec.Struct, frozen=True):
    """An invoice or a credit note of the order."""

    kind: str
    number: str


class LineChange(msgspec.Struct, frozen=True):
    """How many of one thing an order had, and has now."""

    title: str
    before: int
    after: int


class LinesChange(msgspec.Struct, frozen=True):
    """A change of an order's lines: what it cost before, what it costs now, and what goes back of what was paid."""

    at: datetime
    lines: tuple[LineChange, ...]
    before: Amount
    after: Amount
    returned: Amount | None = None


@part("order.state")
class OrderState(msgspec.Struct, frozen=True, kw_only=True):
    """Everything on an order's live page that can change, without words of a language."""

    ref: str
    status: str
    total: Amount
    placed_at: datetime
    promised_from: date
    promised_by: date
    steps: tuple[Step, ...]
    parcel: ParcelState | None = None
    """In older events: its only parcel. Newer ones have `parcels`."""
    refund: str = ""
    """Once cancelled or refunded: what becomes of the money (`orders.lifecycle.Refund`).

    Empty before, and in older events.
    """
    gateway: str = ""
    """The way to pay that was chosen; the name of a gateway."""
    pay_until: datetime | None = None
    """While it is not paid: until when its goods are kept."""
    refunded: Amount | None = None
    """What was returned of its money, if anything was."""
    papers: tuple[Paper, ...] = ()
    """Its invoice and credit notes, in the order in which they were issued."""
    parcels: tuple[ParcelState, ...] = ()
    """What was sent, in that order."""
    cancelled: tuple[Item, ...] = ()
    """What of it will not be sent."""
    returns: tuple[ReturnState, ...] = ()
    """What comes back, in the order of the newest step."""
    return_until: date | None = None
    """Once delivered: the last day to ask for a return."""
    measured: bool = False
    """Whether the promised range was measured on earlier deliveries."""
    delays: int = 0
    """How often another range was promised than before."""
    missing_at: datetime | None = None
    """When the shopper said that it has not come, until staff have dealt with it."""
    changed: LinesChange | None = None
    """The newest change of its lines by staff, before it was packed."""


class OrderEvent(DomainEvent, frozen=True, kw_only=True):
    """The fields of all order events.

    `actor` is who caused it: staff:7, gateway:test, shopper, carrier:wren, system. `reason` is a code of
    `orders.reasons`; what a person typed is in no event.
    """

    order: OrderState
    customer: int | None
    """The user id of the customer; None for a guest."""
    previous: str = ""
    actor: str = ""
    reason: str = ""


@event("order.placed")
class OrderPlaced(OrderEvent, frozen=True, kw_only=True):
    """Checkout stored the order and reserved its stock."""


@event("order.paid")
class OrderPaid(OrderEvent, frozen=True, kw_only=True):
    """The payment arrived."""


@event("payment.failed")
class PaymentFailed(OrderEvent, frozen=True, kw_only=True):
    """The gateway refused a payment; the shopper may try again."""


@event("order.preparing")
class OrderPreparing(OrderEvent, frozen=True, kw_only=True):
    """Staff began to pack the order."""


@event("order.move_undone")
class MoveUndone(OrderEvent, frozen=True, kw_only=True):
    """Staff undid the order's last move: it is no longer `previous`, but has the status of before.

    `undone` is the sequence of the event of that move.
    """

    undone: int


class ParcelEvent(OrderEvent, frozen=True, kw_only=True):
    """An event of one parcel; `parcel` is its id. None in older events, and where staff say it of all parcels."""

    parcel: int | None = None


@event("order.partly_shipped")
class OrderPartlyShipped(ParcelEvent, frozen=True, kw_only=True):
    """The first parcel was handed to a carrier, and some of the goods are still in the house."""


@event("order.shipped")
class OrderShipped(ParcelEvent, frozen=True, kw_only=True):
    """The last of the goods were handed to a carrier."""


@event("order.out_for_delivery")
class OrderOutForDelivery(ParcelEvent, frozen=True, kw_only=True):
    """Everything that has not arrived yet is with a courier, on the way to the customer."""


@event("order.delivered")
class OrderDelivered(ParcelEvent, frozen=True, kw_only=True):
    """Every parcel arrived."""


@event("order.cancelled")
class OrderCancelled(OrderEvent, frozen=True, kw_only=True):
    """The order was cancelled and will not be sent. A handler refunds what was paid."""


@event("order.refunded")
class OrderRefunded(OrderEvent, frozen=True, kw_only=True):
    """The order was refunded."""


@event("parcel.sent")
class ParcelSent(ParcelEvent, frozen=True, kw_only=True):
    """A further parcel was handed to a carrier, and some of the goods are still in the house."""


@event("parcel.scanned")
class ParcelScanned(ParcelEvent, frozen=True, kw_only=True):
    """A carrier's scan that does not change the order's status. `reason` is what it says."""


@event("parcel.on_tour")
class ParcelOnTour(ParcelEvent, frozen=True, kw_only=True):
    """With a rider of the shop: another number of stops comes before it."""


@event("parcel.tracking_corrected")
class TrackingCorrected(ParcelEvent, frozen=True, kw_only=True):
    """A parcel has another tracking number than before."""


class PhotoEvent(ParcelEvent, frozen=True, kw_only=True):
    """An event of one photo of a parcel: its number, and what it shows. The picture is in no event."""

    photo: int
    shows: str


@event("parcel.photo_taken")
class ParcelPhotoTaken(PhotoEvent, frozen=True, kw_only=True):
    """Staff photographed the parcel, when it was packed or at the door. An earlier photo of the same kind is gone."""


@event("parcel.photo_deleted")
class ParcelPhotoDeleted(PhotoEvent, frozen=True, kw_only=True):
    """A photo was deleted before its time."""


@event("payment.unneeded")
class PaymentUnneeded(OrderEvent, frozen=True, kw_only=True):
    """A payment arrived for an order that was already cancelled or paid. A handler refunds it; `payment` is its id."""

    payment: int


class PaymentEvent(OrderEvent, frozen=True, kw_only=True):
    """An event of one payment; `payment` is its id."""

    payment: int


@event("payment.authorised")
class PaymentAuthorised(PaymentEvent, frozen=True, kw_only=True):
    """The gateway keeps the money for the shop, which captures it when the goods leave."""


@event("payment.captured")
class PaymentCaptured(PaymentEvent, frozen=True, kw_only=True):
    """Money that was authorised before was taken."""


@event("payment.voided")
class PaymentVoided(PaymentEvent, frozen=True, kw_only=True):
    """Money that was authorised before was let go."""


@event("payment.disputed")
class PaymentDisputed(PaymentEvent, frozen=True, kw_only=True):
    """The shopper has asked the bank to take the money back. Staff have to answer the gateway."""


@event("payment.method_chosen")
class PaymentMethodChosen(OrderEvent, frozen=True, kw_only=True):
    """The shopper pays in another way than was known before."""


@event("payment.problem_solved")
class PaymentProblemSolved(OrderEvent, frozen=True, kw_only=True):
    """Staff have dealt with what was wrong with the money."""


@event("order.link_requested")
class OrderLinkRequested(OrderEvent, frozen=True, kw_only=True):
    """The shopper has lost the link to the order. A handler mails it."""


@event("order.address_changed")
class OrderAddressChanged(OrderEvent, frozen=True, kw_only=True):
    """The shopper wants it at another address, which is in no event. A handler mails that it was changed."""


@event("order.gift_changed")
class OrderGiftChanged(OrderEvent, frozen=True, kw_only=True):
    """The shopper makes it a gift, writes another note or makes it none. What is written is in no event."""


@event("order.added_to_account")
class OrderAddedToAccount(OrderEvent, frozen=True, kw_only=True):
    """A guest's order is a member's now, whose confirmed mail address it has. `customer` is that member."""


@event("order.missing_reported")
class OrderMissingReported(OrderEvent, frozen=True, kw_only=True):
    """The shopper says that it has not come."""


@event("order.missing_solved")
class OrderMissingSolved(OrderEvent, frozen=True, kw_only=True):
    """Staff have dealt with an order that had not come."""


@event("payment.link_sent")
class PaymentLinkSent(OrderEvent, frozen=True, kw_only=True):
    """Staff want the shopper to have a link to pay. A handler mails it."""


@event("order.contact_changed")
class OrderContactChanged(OrderEvent, frozen=True, kw_only=True):
    """Staff changed the address or the mail address. `fields` names what; the values stand in no event."""

    fields: tuple[str, ...]


@event("order.mail_requested")
class OrderMailRequested(OrderEvent, frozen=True, kw_only=True):
    """Staff want a mail to be sent again: `mail` is its id, `kind` the event that it told of. A handler sends it."""

    mail: int
    kind: str


@event("order.noted")
class OrderNoted(OrderEvent, frozen=True, kw_only=True):
    """Staff kept an internal note on the order; `note` is its id. What it says stands in no event."""

    note: int


class RefundEvent(OrderEvent, frozen=True, kw_only=True):
    """An event of one refund; `refund` is its id."""

    refund: int
    amount: Amount


@event("refund.requested")
class RefundRequested(RefundEvent, frozen=True, kw_only=True):
    """Staff want some money to go back. A handler asks the gateway."""


@event("payment.refunded")
class PaymentRefunded(RefundEvent, frozen=True, kw_only=True):
    """The gateway has accepted a refund, or staff have returned the money themselves."""


@event("refund.failed")
class RefundFailed(RefundEvent, frozen=True, kw_only=True):
    """The gateway refuses a refund. Staff have to look at it."""


@event("order.delayed")
class OrderDelayed(OrderEvent, frozen=True, kw_only=True):
    """It will be later than was promised; the state has the new range. A handler apologises by mail."""


@event("order.lines_changed")
class OrderLinesChanged(OrderEvent, frozen=True, kw_only=True):
    """Staff changed what is ordered, before it was packed; `order.changed` says what. A handler mails it."""


@event("order.lines_reversed")
class LinesReversed(OrderEvent, frozen=True, kw_only=True):
    """Some lines were cancelled or paid back: `reversal` is its id, `refund` that of the refund, if money goes back."""

    reversal: int
    refund: int | None = None


class ReturnEvent(OrderEvent, frozen=True, kw_only=True):
    """An event of one return; `sent_back` is its id."""

    sent_back: int


@event("return.requested")
class ReturnRequested(ReturnEvent, frozen=True, kw_only=True):
    """The shopper wants to send something back."""


@event("return.approved")
class ReturnApproved(ReturnEvent, frozen=True, kw_only=True):
    """The shop agrees. A handler mails the label."""


@event("return.sent")
class ReturnSent(ReturnEvent, frozen=True, kw_only=True):
    """The shopper has handed it to a carrier."""


@event("return.received")
class ReturnReceived(ReturnEvent, frozen=True, kw_only=True):
    """It is here. A handler puts back in stock what can be sold again."""


@event("return.refunded")
class ReturnRefunded(ReturnEvent, frozen=True, kw_only=True):
    """It is paid back; the refund is an event of its own."""


@event("return.exchanged")
class ReturnExchanged(ReturnEvent, frozen=True, kw_only=True):
    """A replacement is sent, as an order of its own."""


@event("return.refused")
class ReturnRefused(ReturnEvent, frozen=True, kw_only=True):
    """The shop does not take it back. Why, a mail says, and no event."""


@event("return.withdrawn")
class ReturnWithdrawn(ReturnEvent, frozen=True, kw_only=True):
    """The shopper keeps the goods."""


class DocumentEvent(OrderEvent, frozen=True, kw_only=True):
    """An event of one document: its id and its number."""

    document: int
    number: str


@event("invoice.issued")
class InvoiceIssued(DocumentEvent, frozen=True, kw_only=True):
    """The order has an invoice. A handler makes the file and mails it."""


@event("credit_note.issued")
class CreditNoteIssued(DocumentEvent, frozen=True, kw_only=True):
    """A refund has a credit note. A handler makes the file and mails it."""


class TourEvent(DomainEvent, frozen=True, kw_only=True):
    """An event of a rider's tour: who rides, and the parcels (by id) that are left, in the order of the doors."""

    tour: int
    rider: int
    parcels: tuple[int, ...]


@event("tour.started")
class TourStarted(TourEvent, frozen=True, kw_only=True):
    """A rider takes parcels along."""


@event("tour.changed")
class TourChanged(TourEvent, frozen=True, kw_only=True):
    """The rider was at a door, or takes another way."""


@event("tour.ended")
class TourEnded(TourEvent, frozen=True, kw_only=True):
    """The rider rides home, with the parcels that were not delivered."""


def amount(money: Any) -> Amount:
    """A `Money` in minor units."""
    return Amount(minor=money.get_amount_in_sub_unit(), currency=money.currency.code)
