"""The order's status follows from its parcels: one table. Pure, without queries."""

from collections.abc import Collection
from dataclasses import dataclass
from enum import IntEnum

from orders.lifecycle import Status
from orders.models.parcel import ScanKind


class Stage(IntEnum):
    """How far a parcel is, for the shopper who waits for it."""

    ON_THE_WAY = 0
    AT_THE_DOOR = 1
    ARRIVED = 2


STAGES: dict[str, Stage] = {
    ScanKind.PRE_TRANSIT: Stage.ON_THE_WAY,
    ScanKind.IN_TRANSIT: Stage.ON_THE_WAY,
    ScanKind.EXCEPTION: Stage.ON_THE_WAY,
    ScanKind.RETURNED_TO_SENDER: Stage.ON_THE_WAY,
    ScanKind.AVAILABLE_FOR_PICKUP: Stage.ON_THE_WAY,
    ScanKind.OUT_FOR_DELIVERY: Stage.AT_THE_DOOR,
    ScanKind.ATTEMPTED: Stage.AT_THE_DOOR,
    ScanKind.DELIVERED: Stage.ARRIVED,
}
"""The stage of each state of a parcel."""


@dataclass(frozen=True)
class Row:
    """If all goods are sent (or not), and the parcel that is least far has this stage, then the order has `status`."""

    all_sent: bool
    least: Stage | None
    status: Status


TABLE: tuple[Row, ...] = (
    Row(False, None, Status.PARTLY_SHIPPED),
    Row(True, Stage.ON_THE_WAY, Status.SHIPPED),
    Row(True, Stage.AT_THE_DOOR, Status.OUT_FOR_DELIVERY),
    Row(True, Stage.ARRIVED, Status.DELIVERED),
)


def status_of(parcels: Collection[str], all_sent: bool) -> Status | None:
    """The status that an order with parcels in these states has earned; None without a parcel.

    A parcel that goes back to the shop holds the order where it is: somebody has to decide what comes next.
    """
    if not parcels:
        return None
    least = min(STAGES[state] for state in parcels)
    return next(row.status for row in TABLE if row.all_sent == all_sent and row.least in (None, least))
