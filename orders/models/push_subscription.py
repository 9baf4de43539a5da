"""The browsers that want to be told of an order."""

from django.db import models
from django.utils import timezone

from orders.models.order import Order


class PushSubscription(models.Model):
    """A browser that wants to be told of an order though its tab is closed (see `orders.notifications.webpush`)."""

    order = models.ForeignKey(Order, on_delete=models.CASCADE, related_name="push_subscriptions")
    endpoint = models.URLField(max_length=1000)
    p256dh = models.CharField(max_length=100)
    auth = models.CharField(max_length=40)
    language = models.CharField(max_length=10)
    last_event = models.UUIDField(null=True)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["order", "endpoint"], name="push_once_per_browser")]

    def __str__(self) -> str:
        return f"{self.order_id} → {self.endpoint[:40]}"
