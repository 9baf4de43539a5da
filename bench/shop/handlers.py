"""The same steps as reactions to `order.placed`. (The mail has a handler already: the shop's own.)"""

from bench.shop import steps
from events.delivery.registry import handler
from events.log.envelope import Received
from orders.models import Order

if steps.CHECKOUT == "events":

    @handler("order.placed", queue="payments", name="bench.charge", external=True)
    def charge(event: Received) -> None:
        steps.charge(Order.objects.get(ref=event.subject))

    @handler("order.placed", queue="webhooks", name="bench.invoice", external=True)
    def invoice(event: Received) -> None:
        steps.invoice(Order.objects.select_related("delivery_method").get(ref=event.subject))
