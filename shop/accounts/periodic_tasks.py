"""What of people is deleted by itself: expired sessions, and mails that could never be sent."""

from datetime import timedelta

from allauth.usersessions.models import UserSession
from django.contrib.sessions.models import Session
from django.db.models import Exists, OuterRef
from django.utils import timezone

from events.operations.periodic import delete_in_batches, periodic
from shop.accounts.models import OutgoingMail

UNSENT = timedelta(days=14)  # then the link in such a mail has expired


@periodic("sessions", every=timedelta(hours=6))
def delete_expired_sessions() -> int:
    """14 days after their last change. With them go the address that a guest typed and what access links opened."""
    return delete_in_batches(Session.objects.filter(expire_date__lt=timezone.now()))


@periodic("sign-ins", every=timedelta(days=1))
def delete_ended_sign_ins() -> int:
    """From where somebody signed in, once that session has ended."""
    running = Session.objects.filter(session_key=OuterRef("session_key"), expire_date__gt=timezone.now())
    return delete_in_batches(UserSession.objects.filter(~Exists(running)))


@periodic("unsent account mails", every=timedelta(days=1))
def delete_unsent_mails() -> int:
    return delete_in_batches(OutgoingMail.objects.filter(created_at__lt=timezone.now() - UNSENT))
