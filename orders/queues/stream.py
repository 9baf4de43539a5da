"""The live stream of the queues."""

from collections.abc import Sequence
from typing import Any, ClassVar

from django.utils.translation import override

from events.live.streams import Snapshot, Stream, Viewer, register
from orders.queues.presentation import present
from orders.queues.read import read

PERMISSION = "orders.view_order"


@register
class QueueStream(Stream):
    """`queues`, for staff who may see orders. It is read once a second while somebody watches it."""

    prefix = "queues"
    permissions = frozenset({PERMISSION})
    sequential = False
    every: ClassVar[float | None] = 1.0

    def topic(self, key: str, viewer: Viewer) -> str | None:
        """One topic for all staff."""
        return "queues" if PERMISSION in viewer.permissions and not key else None

    def topics(self, event: Any) -> list[str]:
        """No events: a queue changes with the day, too."""
        return []

    def snapshot(self, topic: str) -> Snapshot:
        """`n` is the time in milliseconds."""
        state = read()
        return Snapshot(int(state.at.timestamp() * 1000), state)

    def heads(self, topics: Sequence[str]) -> dict[str, int]:
        """Always 0: no client is behind for longer than a second."""
        return dict.fromkeys(topics, 0)

    def present(self, state: Any, language: str) -> dict[str, Any]:
        """The queues in words of `language`."""
        with override(language):
            return present(state)
