"""What follows for those who wait for something."""

from events.delivery.registry import handler
from events.log.envelope import Received
from shop.wishes import alerts


@handler("stock.changed", queue="orders", name="stock_alerts", when=alerts.anybody_waits)
def wake(event: Received) -> None:
    """Who waits for it is told, if it is still there."""
    if event.data.available:
        alerts.wake(event.subject)


@handler("stock_alert.requested", "stock_alert.due", queue="mail", name="stock_alerts.mail", external=True)
def send(event: Received) -> None:
    """The mail with which somebody can take it back, and the one that says that it is back."""
    alerts.send(event)
