"""What can be watched of orders: one of them, all of mine, and the staff's board."""

from collections.abc import Iterable, Sequence
from typing import Any, ClassVar

from django.db.models import Sum
from django.utils import timezone
from django.utils.translation import override

from events.envelope import Received
from events.live.streams import Snapshot, Stream, Viewer, register
from orders import board
from orders.domain_events import OrderEvent
from orders.models import Order
from orders.presenting import present

PERMISSION = "orders.view_order"


@register
class OrderStream(Stream):
    """`order:<ref>`. For its member, for who came by its signed link, and for staff who may see orders."""

    prefix = "order"

    def topic(self, key: str, viewer: Viewer) -> str | None:
        """The same name, if the viewer may see it."""
        name = f"order:{key}"
        if PERMISSION in viewer.permissions or name in viewer.grants:
            visible = Order.objects.filter(ref=key)
        elif viewer.user_id is not None:
            visible = Order.objects.filter(ref=key, user_id=viewer.user_id)
        else:
            return None
        return name if visible.exists() else None

    def present(self, state: OrderEvent, language: str) -> dict[str, Any]:
        """See `orders.presenting.present`."""
        return present(state.order, language)


@register
class MyOrdersStream(Stream):
    """`orders`: the member's own, newest first. Its version is the sum of theirs: it grows with each event of any."""

    prefix = "orders"
    sequential = False
    most = 20

    def topic(self, key: str, viewer: Viewer) -> str | None:
        """`orders:<user id>`, the viewer's own and nobody else's."""
        return f"orders:{viewer.user_id}" if viewer.user_id is not None and not key else None

    def topics(self, event: Received) -> Iterable[str]:
        """The customer's list, for every order event."""
        if isinstance(event.data, OrderEvent) and event.data.customer is not None:
            return [f"orders:{event.data.customer}"]
        return []

    def present(self, state: Any, language: str) -> dict[str, Any]:
        """`orders`: ref, status, label of each."""
        shown = (present(order, language) for order in state)
        return {"orders": [{key: d[key] for key in ("ref", "status", "label", "sentence")} for d in shown]}

    def snapshot(self, topic: str) -> Snapshot:
        """Version first, then the rows: the rows are never older than the version says."""
        version = self.heads([topic])[topic]
        mine = Order.objects.filter(user_id=int(topic.partition(":")[2])).order_by("-placed_at")[: self.most]
        return Snapshot(version, [order.state() for order in mine.prefetch_related("parcels__scans")])

    def heads(self, topics: Sequence[str]) -> dict[str, int]:
        """One query for all."""
        ids = {int(topic.partition(":")[2]): topic for topic in topics}
        rows = Order.objects.filter(user_id__in=ids).values_list("user_id").annotate(head=Sum("version"))
        return dict.fromkeys(topics, 0) | {ids[user]: head for user, head in rows}


@register
class BoardStream(Stream):
    """`board`, for staff who may see orders. Read twice a second while somebody looks, however much happens."""

    prefix = "board"
    sequential = False
    every: ClassVar[float | None] = 0.5

    def topic(self, key: str, viewer: Viewer) -> str | None:
        """One for all of them."""
        return "board" if PERMISSION in viewer.permissions and not key else None

    def topics(self, event: Any) -> list[str]:
        """None: it is read by the clock."""
        return []

    def snapshot(self, topic: str) -> Snapshot:
        """`n` is the time in milliseconds: it moves by itself, also when nothing happens, for ages grow."""
        state = board.read(timezone.now())
        return Snapshot(int(state.at.timestamp() * 1000), state)

    def heads(self, topics: Sequence[str]) -> dict[str, int]:
        """Nobody is behind for longer than half a second."""
        return dict.fromkeys(topics, 0)

    def present(self, state: Any, language: str) -> dict[str, Any]:
        """In words of that language."""
        with override(language):
            return board.present(state)
