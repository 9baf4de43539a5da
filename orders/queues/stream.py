"""The live stream of the queues."""

from typing import Any, ClassVar

from django.utils.translation import override

from events.live.streams import PolledStream, register
from orders.queues.presentation import present
from orders.queues.read import State, read


@register
class QueueStream(PolledStream):
    """`queues`, for staff who may see orders. It is read once a second while somebody watches it."""

    prefix = "queues"
    permissions = frozenset({"orders.view_order"})
    every: ClassVar[float | None] = 1.0

    def read(self) -> State:
        """The queues as they are now."""
        return read()

    def present(self, state: Any, language: str) -> dict[str, Any]:
        """The queues in words of `language`."""
        with override(language):
            return present(state)
