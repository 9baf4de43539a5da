"""Tickets: an HTTP request decides who a websocket speaks for, and the ticket proves it without a query."""

import hashlib
import time
from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.contrib.sessions.backends.base import SessionBase
from django.core import signing
from django.http import HttpRequest
from django.utils.translation import get_language

from events.live import streams
from events.live.streams import Viewer

LIFETIME = 60  # seconds; a page that connects again later fetches a new one
_SALT = "live-ticket"
GRANTS = "live_grants"  # key in the session: what it was granted → until when, in seconds since 1970
_MOST_GRANTS = 50


class BadTicket(ValueError):
    """A ticket that is forged, expired, or of another session."""


def fingerprint(session_key: str | None) -> str:
    """How a ticket names a session: it can be compared, and gives nobody the session."""
    return hashlib.sha256(session_key.encode()).hexdigest()[:32] if session_key else ""


def viewer_of(request: HttpRequest) -> Viewer:
    """The viewer that an HTTP request speaks for."""
    user = request.user if request.user.is_authenticated else None
    return viewer_for(user, request.session, _language(get_language()))


def viewer_for(user: Any, session: Mapping[str, Any] | SessionBase, language: str) -> Viewer:
    """The viewer for a user, or None for a guest, with that session."""
    return Viewer(
        user_id=user.pk if user else None,
        permissions=frozenset(filter(user.has_perm, streams.permissions()) if _is_staff(user) else ()),
        grants=granted(session),
        language=language,
    )


def _is_staff(user: Any) -> bool:
    return bool(user and user.is_active and user.is_staff)


def grant(request: HttpRequest, name: str, seconds: float) -> None:
    """Give this session a grant, which streams and views look for. It keeps the newest 50."""
    now = time.time()
    kept = {other: until for other, until in request.session.get(GRANTS, {}).items() if until > now and other != name}
    request.session[GRANTS] = dict([*kept.items(), (name, now + seconds)][-_MOST_GRANTS:])


def granted(session: Mapping[str, Any] | SessionBase) -> frozenset[str]:
    """The grants of a session that have not expired."""
    now = time.time()
    return frozenset(name for name, until in session.get(GRANTS, {}).items() if until > now)


def issue(request: HttpRequest) -> str:
    """Make a ticket for the session of `request`, valid for `LIFETIME` seconds."""
    viewer = viewer_of(request)
    if (viewer.user_id or viewer.grants) and not request.session.session_key:
        request.session.save()
    return sign(viewer, request.session.session_key)


def sign(viewer: Viewer, session_key: str | None) -> str:
    """Make the ticket of a viewer, bound to that session."""
    content = {
        "k": fingerprint(session_key),
        "u": viewer.user_id,
        "p": sorted(viewer.permissions),
        "g": sorted(viewer.grants),
        "l": viewer.language,
    }
    return signing.dumps(content, salt=_SALT, compress=True)


def redeem(ticket: str, session_key: str | None) -> Viewer:
    """The viewer that a ticket proves, for a connection with that session. Raises `BadTicket`."""
    try:
        content: dict[str, Any] = signing.loads(ticket, salt=_SALT, max_age=LIFETIME)
    except signing.SignatureExpired:
        raise BadTicket("the ticket has expired") from None
    except signing.BadSignature:
        raise BadTicket("the ticket is not ours") from None
    if content["k"] and content["k"] != fingerprint(session_key):
        raise BadTicket("the ticket belongs to another session")
    return Viewer(
        session=content["k"],
        user_id=content["u"],
        permissions=frozenset(content["p"]),
        grants=frozenset(content["g"]),
        language=_language(content["l"]),
    )


def _language(code: str | None) -> str:
    return code if code in dict(settings.LANGUAGES) else settings.LANGUAGE_CODE
