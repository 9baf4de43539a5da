"""Who may still watch. A socket outlives the request that let it in: when somebody signs out, changes the password, is
deactivated or loses a permission, the sockets of that person are closed.

A message through the channel layer names the person at once. If it is lost, the check of everybody every
`LIVE_RECHECK_SECONDS` finds it. Both ask the database.
"""

import logging
from collections.abc import Iterable, Sequence
from functools import partial
from importlib import import_module
from typing import Any

from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY, get_user_model
from django.contrib.auth.models import AbstractUser, Group
from django.contrib.auth.signals import user_logged_out
from django.db import transaction
from django.db.models.signals import m2m_changed, post_delete, post_save, pre_delete
from django.utils import timezone
from django.utils.crypto import constant_time_compare

from events.live import layer, tickets
from events.live.streams import Viewer

logger = logging.getLogger(__name__)

GROUP = "live.reauthorize"


def still_good(watchers: Sequence[tuple[str | None, Viewer]]) -> list[bool]:
    """Whether a ticket made now would prove as much, for each (session key, viewer). Four queries, and two for each
    member of staff."""
    model: Any = import_module(settings.SESSION_ENGINE).SessionStore.get_model_class()
    keys = {key for key, viewer in watchers if key and (viewer.user_id or viewer.grants)}
    rows = model.objects.filter(session_key__in=keys, expire_date__gt=timezone.now())
    sessions: dict[str, dict[str, Any]] = {row.session_key: row.get_decoded() for row in rows}
    users = get_user_model().objects.in_bulk([v.user_id for _, v in watchers if v.user_id is not None])
    return [_good(sessions.get(key or ""), users.get(viewer.user_id), viewer) for key, viewer in watchers]


def _good(session: dict[str, Any] | None, user: Any, viewer: Viewer) -> bool:
    if viewer.user_id is None and not viewer.grants:
        return True  # a guest without links sees only what anybody may see
    if session is None:
        return False
    if viewer.user_id is not None and not _signed_in(session, user):
        return False
    today = tickets.viewer_for(user if viewer.user_id is not None else None, session, viewer.language)
    return viewer.permissions <= today.permissions and viewer.grants <= today.grants


def _signed_in(session: dict[str, Any], user: Any) -> bool:
    return (
        user is not None
        and user.is_active
        and session.get(SESSION_KEY) == str(user.pk)
        and session.get(BACKEND_SESSION_KEY) in settings.AUTHENTICATION_BACKENDS
        and constant_time_compare(session.get(HASH_SESSION_KEY, ""), user.get_session_auth_hash())
    )


# -- Messages to the web processes
# -------------------------------------------------------------------------------------------


def look_at(users: Iterable[int] = (), session: str = "", topic: str = "") -> None:
    """Ask every web process, after the commit, to check the sockets of these users, of that session, or of whoever
    watches that topic."""
    message = {"type": "live.reauthorize", "users": list(users), "session": session, "topic": topic}
    transaction.on_commit(partial(layer.soon, GROUP, message))


def _signed_out(request: Any, user: Any, **_: Any) -> None:
    look_at(users=[user.pk] if user else (), session=tickets.fingerprint(request.session.session_key))


def _user_changed(instance: AbstractUser, update_fields: Any = None, **_: Any) -> None:
    if update_fields == frozenset({"last_login"}):
        return
    look_at(users=[instance.pk])


def _memberships_changed(instance: Any, action: str, reverse: bool, model: Any, pk_set: Any, **_: Any) -> None:
    """`user.groups` or `user.user_permissions` changed, from either side."""
    if not action.startswith("post_"):
        return
    if not reverse:
        look_at(users=[instance.pk])
    elif pk_set:
        look_at(users=pk_set)
    else:  # group.user_set.clear(): the signal does not name the users
        look_at(users=get_user_model().objects.filter(is_staff=True).values_list("pk", flat=True))


def _group_changed(instance: Any, action: str, reverse: bool, pk_set: Any, **_: Any) -> None:
    """`group.permissions` changed, from either side."""
    if action.startswith("post_"):
        groups = Group.objects.filter(pk__in=pk_set or ()) if reverse else [instance]
        look_at(users=get_user_model().objects.filter(groups__in=groups).values_list("pk", flat=True))


def _group_deleted(instance: Group, **_: Any) -> None:
    """Deleting a group sends no signal for its members."""
    look_at(users=get_user_model().objects.filter(groups=instance).values_list("pk", flat=True))


def connect() -> None:
    """Connect to the signals of everything that takes a right away. Called once, when the apps are loaded."""
    user = get_user_model()
    user_logged_out.connect(_signed_out, dispatch_uid="live.reauthorize.signed_out")
    for name, signal in (("saved", post_save), ("deleted", post_delete)):
        signal.connect(_user_changed, sender=user, dispatch_uid=f"live.reauthorize.{name}")
    for field in ("groups", "user_permissions"):
        through = getattr(user, field).through
        m2m_changed.connect(_memberships_changed, sender=through, dispatch_uid=f"live.reauthorize.{field}")
    pre_delete.connect(_group_deleted, sender=Group, dispatch_uid="live.reauthorize.group")
    m2m_changed.connect(_group_changed, sender=Group.permissions.through, dispatch_uid="live.reauthorize.permissions")
