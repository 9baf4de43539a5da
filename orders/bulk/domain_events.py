"""The events of a bulk move. They say how far it is; what happened to each order, the order's own events say."""

import msgspec

from events.log.types import DomainEvent, event


class BulkMoveState(msgspec.Struct, frozen=True):
    """How far a bulk move is: `total` orders were chosen, `done` of them moved and `refused` not."""

    target: str
    state: str
    total: int
    done: int
    refused: int


class BulkMoveEvent(DomainEvent, frozen=True, kw_only=True):
    """An event of one bulk move, with its new state."""

    move: BulkMoveState
    actor: str


@event("bulk_move.started")
class BulkMoveStarted(BulkMoveEvent, frozen=True, kw_only=True):
    """Somebody of the staff has said yes to it."""


@event("bulk_move.advanced")
class BulkMoveAdvanced(BulkMoveEvent, frozen=True, kw_only=True):
    """A portion of it is done, and there is more."""


@event("bulk_move.ended")
class BulkMoveEnded(BulkMoveEvent, frozen=True, kw_only=True):
    """All of it was looked at, or it was stopped."""
