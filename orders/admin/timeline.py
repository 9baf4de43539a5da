"""What happened to an order, in sentences with people's names. The events themselves are folded away beneath."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import msgspec
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from events.log.envelope import BadEnvelope, open_for
from events.log.types import UnknownEvent
from events.models import Event
from orders import line_words, reasons
from orders.domain_events import OrderNoted
from orders.lifecycle import label
from orders.models import Order, ParcelPhoto
from shop.accounts import actors
from shop.pricing.amounts import money

WORDS = {
    "order.placed": gettext_lazy("Placed"),
    "order.paid": gettext_lazy("Paid"),
    "payment.failed": gettext_lazy("The payment failed"),
    "order.preparing": gettext_lazy("Packing began"),
    "order.move_undone": gettext_lazy("A move was undone"),
    "order.partly_shipped": gettext_lazy("A part was sent"),
    "order.shipped": gettext_lazy("Sent"),
    "order.out_for_delivery": gettext_lazy("The courier has it"),
    "order.delivered": gettext_lazy("Delivered"),
    "order.cancelled": gettext_lazy("Cancelled"),
    "order.refunded": gettext_lazy("Refunded"),
    "order.delayed": gettext_lazy("A new day was promised"),
    "order.lines_changed": gettext_lazy("The lines were changed"),
    "order.lines_reversed": gettext_lazy("Lines were cancelled or paid back"),
    "order.link_requested": gettext_lazy("The link to the order was asked for"),
    "order.contact_changed": gettext_lazy("The contact was changed"),
    "order.mail_requested": gettext_lazy("A mail was sent again"),
    "order.noted": gettext_lazy("A note was kept"),
    "order.address_changed": gettext_lazy("The shopper changed the address"),
    "order.gift_changed": gettext_lazy("The shopper changed the gift"),
    "order.added_to_account": gettext_lazy("The shopper added it to an account"),
    "order.missing_reported": gettext_lazy("The shopper says that it has not come"),
    "order.missing_solved": gettext_lazy("What had not come was dealt with"),
    "parcel.sent": gettext_lazy("Another parcel was sent"),
    "parcel.scanned": gettext_lazy("A parcel was scanned"),
    "parcel.on_tour": gettext_lazy("The rider came nearer"),
    "parcel.tracking_corrected": gettext_lazy("A tracking number was corrected"),
    "parcel.photo_taken": gettext_lazy("A photo was taken"),
    "parcel.photo_deleted": gettext_lazy("A photo was deleted"),
    "payment.authorised": gettext_lazy("The payment is authorised"),
    "payment.captured": gettext_lazy("Money came"),
    "payment.voided": gettext_lazy("The authorisation was voided"),
    "payment.unneeded": gettext_lazy("Money came that the order does not want"),
    "payment.disputed": gettext_lazy("The payment is disputed"),
    "payment.method_chosen": gettext_lazy("Another way to pay was chosen"),
    "payment.problem_solved": gettext_lazy("What was wrong with the money was solved"),
    "payment.link_sent": gettext_lazy("A link to pay was mailed"),
    "refund.requested": gettext_lazy("A refund was asked for"),
    "refund.failed": gettext_lazy("A refund failed"),
    "payment.refunded": gettext_lazy("Money went back"),
    "return.requested": gettext_lazy("A return was asked for"),
    "return.approved": gettext_lazy("The return was agreed to"),
    "return.sent": gettext_lazy("The return was sent"),
    "return.received": gettext_lazy("The return arrived"),
    "return.refunded": gettext_lazy("The return was paid back"),
    "return.exchanged": gettext_lazy("The return was exchanged"),
    "return.refused": gettext_lazy("The return was refused"),
    "return.withdrawn": gettext_lazy("The return was withdrawn"),
    "invoice.issued": gettext_lazy("An invoice was issued"),
    "credit_note.issued": gettext_lazy("A credit note was issued"),
}

_PHOTOS = dict(ParcelPhoto.Kind.choices)


@dataclass(frozen=True)
class Row:
    """One thing that happened. `who` is a person's name, or what else did it; `detail` an amount or a reason."""

    event: Event
    at: datetime
    sentence: str
    who: str = ""
    detail: str = ""
    entry: dict[str, Any] = field(default_factory=dict)
    """What staff wrote, from the order's timeline."""


def rows(order: Order, events: Iterable[Event]) -> list[Row]:
    """The newest first. One query, for the names of the staff, and another one if there are notes."""
    read = [(event, _data(event)) for event in events]
    known = actors.names({getattr(data, "actor", "") for _event, data in read})
    noted = any(isinstance(data, OrderNoted) for _event, data in read)
    notes = dict(order.notes.values_list("pk", "body")) if noted else {}
    return [_row(order, event, data, known, notes) for event, data in reversed(read)]


def _data(event: Event) -> Any:
    try:
        return open_for("admin", event.header, event.sealed).data
    except (BadEnvelope, UnknownEvent, msgspec.ValidationError):
        return None  # `manage.py log verify` says more; the page of the order still opens


def _row(order: Order, event: Event, data: Any, known: dict[str, str], notes: dict[int, str]) -> Row:
    entry = order.entry_of(event.seq) or {}
    if isinstance(data, OrderNoted):
        entry = {"note": notes.get(data.note, "")}
    actor, amount = getattr(data, "actor", ""), getattr(data, "amount", None)
    reason = reasons.words(entry.get("reason", "")) or entry.get("reason", "")
    paid = str(money(amount.minor, amount.currency)) if amount else ""
    mailed = str(WORDS.get(getattr(data, "kind", ""), ""))
    sentence = WORDS.get(event.type, event.type) if data is not None else _("An event that cannot be read")
    changed = ", ".join(_label(name) for name in getattr(data, "fields", ()))
    lines = line_words.noted(data.order.changed) if event.type == "order.lines_changed" and data is not None else ""
    way = f"{label(data.previous)} → {label(data.order.status)}" if hasattr(data, "undone") else ""
    photo = str(_PHOTOS.get(getattr(data, "shows", ""), ""))
    detail = ", ".join(filter(None, (paid, reason, mailed, changed, lines, way, photo)))
    return Row(event, event.recorded_at, str(sentence), known.get(actor, actor), detail, entry)


def _label(field: str) -> str:
    return str(getattr(Order._meta.get_field(field), "verbose_name", field))
