"""Stock alerts that no event could wake, and those that are too old."""

from datetime import timedelta

from django.utils import timezone

from events.operations.periodic import delete_in_batches, periodic
from shop.wishes import alerts
from shop.wishes.models import StockAlert

AGE = timedelta(days=180)  # who has waited so long has bought something else


@periodic("stock alerts", every=timedelta(minutes=15))
def wake_and_forget() -> int:
    """Returns how many became due or were deleted."""
    old = delete_in_batches(StockAlert.objects.filter(created_at__lt=timezone.now() - AGE))
    return old + alerts.wake_all()
