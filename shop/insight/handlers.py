"""The handler that keeps the figures."""

from collections.abc import Sequence

from events.delivery.registry import handler
from events.log.envelope import Received
from shop.insight import counting


@handler(
    "order.placed",
    "order.paid",
    "order.preparing",
    "order.move_undone",
    "order.shipped",
    "order.delivered",
    "order.cancelled",
    "order.refunded",
    "order.lines_changed",
    "order.lines_reversed",
    "payment.captured",
    "payment.voided",
    "payment.refunded",
    queue="orders",
    name="insight",
    batch=100,
)
def count(events: Sequence[Received]) -> None:
    """The orders that changed are counted anew. In batches: all orders add to the same rows, those of today."""
    counting.recount(event.subject for event in events)
