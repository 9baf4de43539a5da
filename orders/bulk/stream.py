"""The live stream of a bulk move, `bulk_move:<number>`: how far it is, after each portion."""

from typing import Any

from django.utils.translation import override

from events.live.streams import Stream, Viewer, register
from events.log.stream_names import StreamName
from orders.bulk.domain_events import BulkMoveEvent
from orders.bulk.presentation import present
from orders.models import BulkMove
from shop.lib.typed_text import whole_number

PERMISSION = "orders.view_bulkmove"


@register
class BulkMoveStream(Stream):
    """For staff who may see bulk moves."""

    prefix = "bulk_move"
    permissions = frozenset({PERMISSION})

    def topic(self, key: str, viewer: Viewer) -> str | None:
        """The name of the stream, if there is such a move and the viewer may see it."""
        number = whole_number(key)
        if PERMISSION not in viewer.permissions or number is None:
            return None
        return str(StreamName(self.prefix, key)) if BulkMove.objects.filter(pk=number).exists() else None

    def present(self, state: BulkMoveEvent, language: str) -> dict[str, Any]:
        """See `orders.bulk.presentation.present`."""
        with override(language):
            return present(state.move)
