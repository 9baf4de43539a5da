"""Bulk moves are kept as long as somebody may ask for their result."""

from datetime import timedelta

from django.utils import timezone

from events.operations.periodic import delete_in_batches, periodic
from orders.models import BulkMove

DAYS = 90


@periodic("bulk moves", every=timedelta(days=1))
def delete_old() -> int:
    """What happened to each order stays in the order's timeline."""
    old = BulkMove.objects.filter(ended_at__lt=timezone.now() - timedelta(days=DAYS))
    return delete_in_batches(old)
