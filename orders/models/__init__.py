"""The order and what belongs to it."""

from orders.models.delivery_method import DeliveryMethod, promised
from orders.models.order import Order, OrderLine, OrderQuerySet
from orders.models.parcel import Parcel, Scan
from orders.models.payment import Payment, WebhookEvent
from orders.models.push_subscription import PushSubscription

__all__ = [
    "DeliveryMethod",
    "Order",
    "OrderLine",
    "OrderQuerySet",
    "Parcel",
    "Payment",
    "PushSubscription",
    "Scan",
    "WebhookEvent",
    "promised",
]
