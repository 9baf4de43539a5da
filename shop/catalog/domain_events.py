"""What happens to stock."""

from events.log.types import DomainEvent, event


@event("stock.changed")
class StockChanged(DomainEvent, frozen=True, kw_only=True):
    """A stock after a change. `delta` is the change of `available`; `reason` is reserved, released, shipped or adjusted."""

    sku: str
    on_hand: int
    reserved: int
    available: int
    delta: int
    reason: str
    reference: str = ""
