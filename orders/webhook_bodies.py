"""What gateways and carriers wrote is deleted after a time: it names shoppers, and shops need it in a dispute alone."""

from datetime import timedelta

from django.utils import timezone

from orders.models import WebhookEvent

KEPT = timedelta(days=180)
"""Most disputes of cards come within 120 days."""
BATCH = 500


def delete_old() -> int:
    """In small statements. That it came, what came of it and its number are kept: a repeat stays one."""
    old = WebhookEvent.objects.filter(received_at__lt=timezone.now() - KEPT).exclude(body="").order_by("pk")
    count = last = 0
    while keys := list(old.filter(pk__gt=last).values_list("pk", flat=True)[:BATCH]):
        count += WebhookEvent.objects.filter(pk__in=keys).update(body="")
        last = keys[-1]
    return count
