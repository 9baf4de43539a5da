"""The live stream of the staff's board."""

from collections.abc import Sequence
from typing import Any, ClassVar

from django.utils import timezone
from django.utils.translation import override

from events.live.streams import Snapshot, Stream, Viewer, register
from orders.board.presentation import present
from orders.board.read import read

PERMISSION = "orders.view_order"


@register
class BoardStream(Stream):
    """`board`, for staff who may see orders. It is read twice a second while somebody watches it."""

    prefix = "board"
    permissions = frozenset({PERMISSION})
    sequential = False
    every: ClassVar[float | None] = 0.5

    def topic(self, key: str, viewer: Viewer) -> str | None:
        """One topic for all staff."""
        return "board" if PERMISSION in viewer.permissions and not key else None

    def topics(self, event: Any) -> list[str]:
        """No events: the board is read at intervals."""
        return []

    def snapshot(self, topic: str) -> Snapshot:
        """`n` is the time in milliseconds. It grows without events, because the shown ages grow."""
        state = read(timezone.now())
        return Snapshot(int(state.at.timestamp() * 1000), state)

    def heads(self, topics: Sequence[str]) -> dict[str, int]:
        """Always 0: no client is behind for longer than half a second."""
        return dict.fromkeys(topics, 0)

    def present(self, state: Any, language: str) -> dict[str, Any]:
        """The board in words of `language`."""
        with override(language):
            return present(state)
