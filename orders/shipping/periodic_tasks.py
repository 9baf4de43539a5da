"""Scans that wait for their parcel: booked where they crossed its number, deleted where nobody ever types it."""

from datetime import timedelta

from django.db import transaction
from django.utils import timezone

from events.operations.periodic import delete_in_batches, periodic
from orders.locking import locked_with
from orders.models import Parcel, WaitingScan
from orders.shipping import scans


@periodic("scans without a parcel", every=timedelta(minutes=15))
def match_waiting() -> int:
    """Book what came while the number was being saved, and forget what is older than any parcel."""
    for sent_by, tracking in set(WaitingScan.objects.values_list("sent_by", "tracking")):
        found = Parcel.objects.filter(sent_by=sent_by, tracking=tracking).first()
        if found is not None:
            with transaction.atomic():
                scans.book_waiting(*locked_with(found.pk))
    return delete_in_batches(WaitingScan.objects.filter(received_at__lt=timezone.now() - scans.TOO_OLD))
