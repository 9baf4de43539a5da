"""The live stream of the staff's board."""

from typing import Any, ClassVar

from django.utils import timezone
from django.utils.translation import override

from events.live.streams import PolledStream, register
from orders.board.presentation import present
from orders.board.read import Board, read


@register
class BoardStream(PolledStream):
    """`board`, for staff who may see orders. It is read twice a second while somebody watches it."""

    prefix = "board"
    permissions = frozenset({"orders.view_order"})
    every: ClassVar[float | None] = 0.5

    def read(self) -> Board:
        """The board as it is now."""
        return read(timezone.now())

    def present(self, state: Any, language: str) -> dict[str, Any]:
        """The board in words of `language`."""
        with override(language):
            return present(state)
