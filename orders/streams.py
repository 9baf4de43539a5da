"""The live streams of orders: one order, and all orders of a customer. The board's stream is registered here, too."""

from collections.abc import Collection, Iterable, Sequence
from typing import Any

from django.db.models import Sum

from events.live.streams import Snapshot, Stream, Viewer, register
from events.log.envelope import Received
from events.log.stream_names import StreamName
from orders import access_links, money, refs
from orders.board import stream as board_stream  # noqa: F401 - registers itself
from orders.bulk import stream as bulk_stream  # noqa: F401 - registers itself
from orders.domain_events import OrderEvent
from orders.models import SENT, Order
from orders.presentation import present
from orders.questions import stream as question_stream  # noqa: F401 - registers itself
from orders.queues import stream as queue_stream  # noqa: F401 - registers itself

PERMISSION = "orders.view_order"


@register
class OrderStream(Stream):
    """`order:<ref>`, for its customer, for visitors with its access link, and for staff who may see orders."""

    prefix = "order"
    permissions = frozenset({PERMISSION})

    def topic(self, key: str, viewer: Viewer) -> str | None:
        """The name of the stream, if the viewer may see the order."""
        if not viewer.permissions and not viewer.grants and viewer.user_id is None:
            return None
        found = Order.objects.filter(ref=key).values_list("user_id", "link_version").first()
        if found is None:
            return None
        user, version = found
        name = str(StreamName("order", key))
        visible = (
            PERMISSION in viewer.permissions
            or (user is not None and user == viewer.user_id)
            or bool(viewer.grants & access_links.grants(name, version))
        )
        return name if visible else None

    def ended(self, grants: Collection[str]) -> set[str]:
        """Those of links that were ended since."""
        return access_links.ended(grants)

    def parse(self, text: str) -> str | None:
        """The order of a reference as people type it."""
        return str(StreamName("order", refs.normalize(text)))

    def present(self, state: OrderEvent, language: str) -> dict[str, Any]:
        """See `orders.presentation.present`."""
        return present(state.order, language)


@register
class MyOrdersStream(Stream):
    """`orders`: the customer's own orders, newest first. Its version is the sum of their versions."""

    prefix = "orders"
    sequential = False
    most = 20

    def topic(self, key: str, viewer: Viewer) -> str | None:
        """`orders:<user id>` of the viewer."""
        return f"orders:{viewer.user_id}" if viewer.user_id is not None and not key else None

    def topics(self, event: Received) -> Iterable[str]:
        """The list of the event's customer."""
        if isinstance(event.data, OrderEvent) and event.data.customer is not None:
            return [f"orders:{event.data.customer}"]
        return []

    def present(self, state: Any, language: str) -> dict[str, Any]:
        """`orders`: the ref, status, label and sentence of each."""
        shown = (present(order, language) for order in state)
        return {"orders": [{key: d[key] for key in ("ref", "status", "label", "sentence")} for d in shown]}

    def snapshot(self, topic: str) -> Snapshot:
        """Read the version first, then the rows: so the rows are never older than the version."""
        version = self.heads([topic])[topic]
        mine = Order.objects.filter(user_id=int(StreamName.parse(topic).key)).order_by("-placed_at")[: self.most]
        orders = list(mine.prefetch_related(SENT))
        money.prefetch(orders)
        return Snapshot(version, [order.state() for order in orders])

    def heads(self, topics: Sequence[str]) -> dict[str, int]:
        """The newest version of each list, with one query."""
        ids = {int(StreamName.parse(topic).key): topic for topic in topics}
        rows = Order.objects.filter(user_id__in=ids).values_list("user_id").annotate(head=Sum("version"))
        return dict.fromkeys(topics, 0) | {ids[user]: head for user, head in rows}
