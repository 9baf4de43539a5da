"""Undo: for a minute, staff take back their last move of an order, if nobody outside has been told of it.

Which moves can be undone is in the table of `orders.lifecycle`: those that send no mail and move neither money nor
paper. An undo is an event of its own. It takes the order's lock, so of two that act at once the second one is told
what the first one did.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from events.models import Delivery
from orders.domain_events import MoveUndone
from orders.lifecycle import Edge, IllegalTransition, Status, edge, label
from orders.locking import locked
from orders.models import Order
from orders.shipping import scans
from orders.shipping.table import status_of

FOR = timedelta(minutes=1)
"""How long a move can be undone."""
TELLING = ("mail", "webpush")
"""The handlers that tell the shopper of a move where no page is open. What they have said, nothing takes back."""


@dataclass(frozen=True)
class Offer:
    """A move that can be undone now: `sequence` is that of its event."""

    sequence: int
    edge: Edge
    until: datetime

    @property
    def seconds(self) -> int:
        """How many are left."""
        return max(0, int((self.until - timezone.now()).total_seconds()))


def offer(order: Order, person: Any) -> Offer | None:
    """The order's last move, if this person can undo it now. `undo` looks again, under the lock."""
    last = order.timeline[-1] if order.timeline else {}
    taken = edge_of(order, last.get("seq", 0))
    if taken is None or not person.has_perm(taken.permission) or _refusal(order, taken, last["seq"]):
        return None
    return Offer(last["seq"], taken, datetime.fromisoformat(last["at"]) + FOR)


def edge_of(order: Order, sequence: int) -> Edge | None:
    """The edge that the order took with the event of this sequence, if staff took it and it can be undone."""
    for before, entry in pairwise(order.timeline):
        if entry["seq"] == sequence and entry.get("can_undo"):
            return edge(before["status"], entry["status"])
    return None


def undo(ref: str, sequence: int, *, actor: str) -> Order:
    """Give the order the status back that it had before the move with the event of this sequence.

    Raises `IllegalTransition`, `Order.DoesNotExist`; nothing is written then.
    """
    with transaction.atomic():
        order = locked(ref)
        taken = edge_of(order, sequence)
        if taken is None:
            raise IllegalTransition(_("This move cannot be undone."))
        if any(entry.get("undoes") == sequence for entry in order.timeline):
            raise IllegalTransition(
                _("This move is undone already. The order is: %(status)s.") % {"status": label(order.status)}
            )
        if refused := _refusal(order, taken, sequence):
            raise IllegalTransition(refused)
        if taken.target == Status.OUT_FOR_DELIVERY:
            scans.take_back(order, datetime.fromisoformat(order.timeline[-1]["at"]))
        _go_back(order, taken, sequence, actor)
        return order


def _refusal(order: Order, taken: Edge, sequence: int) -> str:
    """Why the move cannot be undone; "" if it can."""
    last, status = order.timeline[-1], label(order.status)
    if last["seq"] != sequence:
        return _("The order has moved since: it is %(status)s now. Nothing was undone.") % {"status": status}
    if timezone.now() > datetime.fromisoformat(last["at"]) + FOR:
        return _("A move can be undone for one minute. That is over; the order stays: %(status)s.") % {"status": status}
    # These deliveries were written together with the move; none is added later.
    if Delivery.objects.filter(stream=order.stream, seq=last["seq"], handler__in=TELLING).exists():
        return _("The shopper was told of this move at once. It cannot be undone.")
    if taken.target == Status.OUT_FOR_DELIVERY:
        states = scans.before(order, datetime.fromisoformat(last["at"])).values()
        if status_of(list(states), all_sent=True) != taken.source:
            return _("A scan of the parcel says the same. It cannot be undone.")
    return ""


def _go_back(order: Order, taken: Edge, sequence: int, actor: str) -> None:
    now = timezone.now()
    entry = {"seq": order.next_sequence, "status": taken.source.value, "at": now.isoformat(), "actor": actor}
    order.status = taken.source
    order.timeline = [*order.timeline, entry | {"reason": "", "undoes": sequence}]
    order.record(MoveUndone(**order.facts(actor), previous=taken.target.value, undone=sequence))
    order.save(update_fields=["status", "timeline"])
