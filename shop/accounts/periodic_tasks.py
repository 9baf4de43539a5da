"""What of people is deleted by itself: expired sessions, and mails that could never be sent."""

from datetime import timedelta

from django.contrib.sessions.models import Session
from django.utils import timezone

from events.operations.periodic import delete_in_batches, periodic
from shop.accounts.models import OutgoingMail

UNSENT = timedelta(days=14)  # then the link in such a mail has expired


@periodic("sessions", every=timedelta(hours=6))
def delete_expired_sessions() -> int:
    """14 days after their last change. With them go the address that a guest typed and what access links opened."""
    return delete_in_batches(Session.objects.filter(expire_date__lt=timezone.now()))


@periodic("unsent account mails", every=timedelta(days=1))
def delete_unsent_mails() -> int:
    return delete_in_batches(OutgoingMail.objects.filter(created_at__lt=timezone.now() - UNSENT))
