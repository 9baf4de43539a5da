"""What of people is deleted by itself: expired sessions, and mails that could never be sent."""

from datetime import timedelta

from django.contrib.sessions.models import Session
from django.utils import timezone

from events.operations.periodic import delete_in_batches, periodic
from shop.accounts.models import OutgoingMail

UNSENT = timedelta(days=14)  # then the link in such a mail has expired


@periodic("sessions", every=timedelta(hours=6), kept="until they expire: 14 days after their last change")
def delete_expired_sessions() -> int:
    """With a session go the address that a guest typed, and what its access links opened."""
    return delete_in_batches(Session.objects.filter(expire_date__lt=timezone.now()))


@periodic("unsent account mails", every=timedelta(days=1), kept="14 days; a mail that was sent goes at once")
def delete_unsent_mails() -> int:
    return delete_in_batches(OutgoingMail.objects.filter(created_at__lt=timezone.now() - UNSENT))
