"""What of an order's events belongs into the trail, because no row changes with them."""

from django.contrib.auth import get_user_model

from events.delivery.registry import handler
from events.log.envelope import Received
from orders.models import Order
from shop.accounts.actors import staff_key
from shop.staff.models import TrailEntry


@handler("payment.link_sent", queue="orders", name="staff.trail")
def record_event(event: Received) -> None:
    """Note who of the staff had it happen. Everything else that staff do changes a row, which the trail sees itself."""
    key = staff_key(event.data.actor)
    order = Order.objects.filter(ref=event.subject).only("pk").first()
    if key is None or order is None:
        return
    person = get_user_model().objects.filter(pk=key).first()
    TrailEntry.objects.create(
        person_id=key,
        person=str(person or event.data.actor),
        action=TrailEntry.Action.DID,
        kind="orders.order",
        object_id=str(order.pk),
        object=event.subject,
        changes={event.type: [None, None]},
        at=event.time,
    )
