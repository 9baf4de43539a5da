"""What of the staff is deleted by itself: notes of sessions that have ended."""

from datetime import timedelta

from django.contrib.sessions.models import Session
from django.db.models import Exists, OuterRef
from django.utils import timezone

from events.operations.periodic import delete_in_batches, periodic
from shop.staff.models import StaffSession


@periodic("notes of staff's sessions", every=timedelta(hours=6))
def delete_notes_of_ended_sessions() -> int:
    """Once Django's session is gone or has expired."""
    alive = Session.objects.filter(session_key=OuterRef("key"), expire_date__gt=timezone.now())
    return delete_in_batches(StaffSession.objects.filter(~Exists(alive)))
