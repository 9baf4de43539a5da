"""The order and what belongs to it."""

from orders.models.delivery_method import DeliveryMethod, offered, promised
from orders.models.document import Document, DocumentFile, Seller, Series
from orders.models.order import Adjustment, Order, OrderLine, OrderQuerySet, OrderTax
from orders.models.parcel import Parcel, Scan
from orders.models.payment import Payment, Refund, WebhookEvent
from orders.models.push_subscription import PushSubscription

__all__ = [
    "Adjustment",
    "DeliveryMethod",
    "Document",
    "DocumentFile",
    "Order",
    "OrderLine",
    "OrderQuerySet",
    "OrderTax",
    "Parcel",
    "Payment",
    "PushSubscription",
    "Refund",
    "Scan",
    "Seller",
    "Series",
    "WebhookEvent",
    "offered",
    "promised",
]
