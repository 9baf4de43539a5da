"""What can be watched of orders: one of them, and all of a member's. Importing it registers the board's stream, too."""

from collections.abc import Iterable, Sequence
from typing import Any

from django.db.models import Sum

from events.live.streams import Snapshot, Stream, Viewer, register
from events.log.envelope import Received
from orders.board import stream as board_stream  # noqa: F401 - registers itself
from orders.domain_events import OrderEvent
from orders.models import Order
from orders.presentation import present

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
        """See `orders.presentation.present`."""
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
