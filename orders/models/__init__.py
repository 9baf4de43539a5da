"""The order and what belongs to it."""

from django.db.models import Prefetch

from orders.models.bulk_move import BulkMove, BulkRefusal
from orders.models.customer_note import CustomerNote
from orders.models.delivery_method import DeliveryMethod, offered
from orders.models.delivery_time import DeliveryTime
from orders.models.document import Document, DocumentFile, Seller, Series
from orders.models.mail import OrderMail
from orders.models.order import Adjustment, Order, OrderLine, OrderQuerySet, OrderTax
from orders.models.order_note import OrderNote
from orders.models.parcel import Parcel, ParcelLine, Scan, WaitingScan
from orders.models.payment import Payment, Refund, WebhookEvent
from orders.models.photo import ParcelPhoto
from orders.models.push_subscription import PushSubscription
from orders.models.question import Message, Question, ReplyTemplate
from orders.models.returns import Return, ReturnLine
from orders.models.reversal import Reversal, ReversalLine
from orders.models.role_limit import RoleLimit
from orders.models.saved_view import SavedView
from orders.models.tour import Stop, Tour
from orders.questions import domain_events  # noqa: F401 - registers them

SENT = Prefetch("parcels", Parcel.objects.select_related("method").prefetch_related("scans"))
"""What `Order.state` reads of parcels, for many orders at once."""

__all__ = [
    "SENT",
    "Adjustment",
    "BulkMove",
    "BulkRefusal",
    "CustomerNote",
    "DeliveryMethod",
    "DeliveryTime",
    "Document",
    "DocumentFile",
    "Message",
    "Order",
    "OrderLine",
    "OrderMail",
    "OrderNote",
    "OrderQuerySet",
    "OrderTax",
    "Parcel",
    "ParcelLine",
    "ParcelPhoto",
    "Payment",
    "PushSubscription",
    "Question",
    "Refund",
    "ReplyTemplate",
    "Return",
    "ReturnLine",
    "Reversal",
    "ReversalLine",
    "RoleLimit",
    "SavedView",
    "Scan",
    "Seller",
    "Series",
    "Stop",
    "Tour",
    "WaitingScan",
    "WebhookEvent",
    "offered",
]
