"""What happens to stock."""

from events.log.types import DomainEvent, event


@event("stock.changed")
class StockChanged(DomainEvent, frozen=True, kw_only=True, rename={"ref": "reference"}):
    """A stock after a change.

    `delta` is the change of `available`; `reason` is a word of `shop.catalog.stock_reasons`.

    `actor` is who changed it, such as `staff:7`, or empty; `note` is what they wrote.

    `ref` is the order that the change belongs to, or empty. The released JSON calls it `reference`.
    """

    sku: str
    on_hand: int
    reserved: int
    available: int
    delta: int
    reason: str
    ref: str = ""
    actor: str = ""
    note: str = ""
