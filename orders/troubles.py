"""What goes wrong with a parcel on its way, in words for the shopper who waits for it.

While it lasts, these words stand in place of those of the status, and no day is promised. A page that says "on its way
to you" after the courier has left again is not believed the next time.
"""

from typing import Any

from django.utils.translation import gettext_lazy as _

from orders.domain_events import OrderState
from orders.lifecycle import ENDED, Status, Wording
from orders.models import Parcel
from orders.models.parcel import ScanKind

TROUBLES: dict[str, Wording] = {
    ScanKind.RETURNED_TO_SENDER: Wording(
        _("On its way back to us"),
        _("The carrier brings your parcel back to us, and we are sorry."),
        _("Next: we write to you, and send it again or return your money."),
    ),
    ScanKind.EXCEPTION: Wording(
        _("Held up"),
        _("Your parcel is held up at the carrier, and we are sorry. It may come later than we said."),
        _("Next: we ask the carrier about it."),
    ),
    ScanKind.ATTEMPTED: Wording(
        _("Nobody was there"),
        _("The courier was at your door, and could not hand over your parcel."),
        _("Next: the courier tries again, or leaves it where you can pick it up."),
    ),
    ScanKind.AVAILABLE_FOR_PICKUP: Wording(
        _("Ready to be picked up"),
        _("Your parcel waits for you to pick it up."),
        _("Next: you pick it up."),
    ),
}
"""By the state of the parcel that has it; the worst first."""

NOT_THERE = Wording(
    _("Not there"),
    _("We are sorry that your parcel is not there."),
    _("Next: we look for it, and write to you."),
)

ON_THE_WAY = frozenset({Status.PARTLY_SHIPPED, Status.SHIPPED, Status.OUT_FOR_DELIVERY})

EVENTS = ("parcel.scanned", "order.out_for_delivery")
"""The events with which a trouble can begin."""


def of(state: OrderState) -> Wording | None:
    """What the shopper has to know before anything else; None if all goes well."""
    status = Status(state.status)
    if status in ENDED:
        return None
    # What has moved since somebody said that it is not there is told by its status.
    if state.missing_at is not None and state.missing_at >= max(step.at for step in state.steps):
        return NOT_THERE
    if status not in ON_THE_WAY:
        return None
    states = {parcel.state for parcel in state.parcels}
    return next((words for kind, words in TROUBLES.items() if kind in states), None)


def begun(event_type: str, data: Any) -> Wording | None:
    """What to tell of this event if a parcel got into its trouble by it. The same scan once more is no news."""
    if event_type not in EVENTS or of(data.order) is None:
        return None
    parcel = next((each for each in data.order.parcels if each.id == data.parcel), None)
    if parcel is None or (event_type == "parcel.scanned" and data.reason != parcel.state):
        return None  # a late scan of an earlier hour
    kinds = [scan.kind for scan in parcel.scans]
    return TROUBLES.get(parcel.state) if kinds[-2:-1] != [parcel.state] else None


def anywhere(ref: str) -> bool:
    """Whether a parcel of the order is in trouble."""
    return Parcel.objects.filter(order__ref=ref, state__in=list(TROUBLES)).exists()
