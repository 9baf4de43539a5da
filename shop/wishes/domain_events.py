"""What happens to stock alerts. No event holds an address: events are kept long and read by many."""

from events.log.types import DomainEvent, event


@event("stock_alert.requested")
class StockAlertRequested(DomainEvent, frozen=True, kw_only=True):
    """Somebody wants a mail when a variant is back. `alert` is the id of the `StockAlert`, which has the address."""

    alert: str
    sku: str


@event("stock_alert.due")
class StockAlertDue(DomainEvent, frozen=True, kw_only=True):
    """The variant is back, and the mail is to be sent."""

    alert: str
    sku: str
