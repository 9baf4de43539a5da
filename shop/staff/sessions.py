"""Where staff are signed in, and how that ends: one session, or all of a person at once.

A session ends by its row, so its next request is nobody's, and its sockets are looked at. All sessions of a person end
by their `session_version`, so those that nobody noted end, too.
"""

import time
from typing import Any

from allauth.account.adapter import get_adapter
from allauth.usersessions.models import UserSession
from django.contrib.sessions.models import Session
from django.db import transaction
from django.db.models import F, QuerySet
from django.db.models.signals import post_save, pre_save
from django.http import HttpRequest
from django.utils import timezone

from events.live import reauthorization, tickets
from shop.accounts.models import User

NOTED = "noted"  # key in the session: which session was noted, and when, in seconds since 1970
EVERY = 300
"""Seconds between two notes of one session."""
LONGEST_DEVICE = 200


def note(request: HttpRequest, person: Any) -> None:
    """Write down that this session of a member of staff is in use, every few minutes."""
    key = request.session.session_key
    before, at = request.session.get(NOTED, ("", 0.0))
    if not key or (before == key and time.time() - at < EVERY):
        return
    request.session[NOTED] = (key, time.time())
    UserSession.objects.update_or_create(
        session_key=key,
        defaults={
            "user": person,
            "user_agent": request.headers.get("User-Agent", "").replace("\0", "")[:LONGEST_DEVICE],
            "ip": get_adapter().get_client_ip(request),
            "last_seen_at": timezone.now(),
        },
    )


def open_ones() -> QuerySet[UserSession]:
    """The sessions of staff that still work, last seen first."""
    alive = Session.objects.filter(expire_date__gt=timezone.now()).values("session_key")
    found = UserSession.objects.filter(session_key__in=alive, user__is_staff=True)
    return found.select_related("user").order_by("-last_seen_at")


def end(session: UserSession) -> None:
    """That browser is signed out, and its live pages close."""
    with transaction.atomic():
        Session.objects.filter(session_key=session.session_key).delete()
        session.delete()
        reauthorization.look_at(session=tickets.fingerprint(session.session_key))


def end_all(user: Any) -> None:
    """Every browser of this person is signed out, whether it was noted or not, and all their live pages close."""
    with transaction.atomic():
        User.objects.filter(pk=user.pk).update(session_version=F("session_version") + 1)
        noted = UserSession.objects.filter(user=user.pk)
        Session.objects.filter(session_key__in=list(noted.values_list("session_key", flat=True))).delete()
        noted.delete()
        reauthorization.look_at(users=[user.pk])
    user.refresh_from_db(fields=["session_version"])


def connect() -> None:
    """End the sessions of whoever is deactivated or leaves the staff. Called once, when the apps are loaded."""
    pre_save.connect(_leaving, sender=User, dispatch_uid="shop.staff.leaving")
    post_save.connect(_left, sender=User, dispatch_uid="shop.staff.left")


def _leaving(instance: User, update_fields: Any = None, raw: bool = False, **_: Any) -> None:
    if raw or instance.pk is None or (update_fields is not None and not {"is_active", "is_staff"} & set(update_fields)):
        return
    before = User.objects.filter(pk=instance.pk).values("is_active", "is_staff").first()
    instance.leaves = bool(  # type: ignore[attr-defined]
        before and ((before["is_active"] and not instance.is_active) or (before["is_staff"] and not instance.is_staff))
    )


def _left(instance: User, **_: Any) -> None:
    if instance.__dict__.pop("leaves", False):
        end_all(instance)
