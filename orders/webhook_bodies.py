"""What gateways and carriers wrote is deleted after a time: it names shoppers, and shops need it in a dispute alone."""

from datetime import timedelta

from django.utils import timezone

from events.operations.periodic import update_in_batches
from orders.models import WebhookEvent

KEPT = timedelta(days=180)
"""Most disputes of cards come within 120 days."""


def delete_old() -> int:
    """That it came, what came of it and its number are kept: a repeat stays one."""
    old = WebhookEvent.objects.filter(received_at__lt=timezone.now() - KEPT).exclude(body="")
    return update_in_batches(old, body="")
