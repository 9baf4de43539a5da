"""Tickets: who a websocket speaks for, decided by an HTTP request and proven without a query."""

import hashlib
from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.contrib.sessions.backends.base import SessionBase
from django.core import signing
from django.http import HttpRequest
from django.utils.translation import get_language

from events.live import streams
from events.live.streams import Viewer

LIFETIME = 60  # seconds; a page that reconnects later fetches a new one
_SALT = "live-ticket"
GRANTS = "live_grants"  # session key: streams opened by signed links


class BadTicket(ValueError):
    """Forged, expired, or of another session."""


def fingerprint(session_key: str | None) -> str:
    """A session as a ticket names it: enough to compare, useless to steal."""
    return hashlib.sha256(session_key.encode()).hexdigest()[:32] if session_key else ""


def viewer_of(request: HttpRequest) -> Viewer:
    """Who an HTTP request speaks for."""
    user = request.user if request.user.is_authenticated else None
    return viewer_for(user, request.session, _language(get_language()))


def viewer_for(user: Any, session: Mapping[str, Any] | SessionBase, language: str) -> Viewer:
    """Who a user (or None) with that session is to the streams."""
    return Viewer(
        user_id=user.pk if user else None,
        permissions=frozenset(filter(user.has_perm, streams.permissions()) if _is_staff(user) else ()),
        grants=frozenset(session.get(GRANTS, ())),
        language=language,
    )


def _is_staff(user: Any) -> bool:
    return bool(user and user.is_active and user.is_staff)


def grant(request: HttpRequest, stream: str) -> None:
    """Let this session watch `stream` from now on."""
    granted = list(request.session.get(GRANTS, ()))
    if stream not in granted:
        request.session[GRANTS] = [*granted[-49:], stream]


def issue(request: HttpRequest) -> str:
    """A ticket for the session of `request`, valid `LIFETIME` seconds."""
    viewer = viewer_of(request)
    if (viewer.user_id or viewer.grants) and not request.session.session_key:
        request.session.save()
    return sign(viewer, request.session.session_key)


def sign(viewer: Viewer, session_key: str | None) -> str:
    """The ticket of a viewer, bound to that session."""
    content = {
        "k": fingerprint(session_key),
        "u": viewer.user_id,
        "p": sorted(viewer.permissions),
        "g": sorted(viewer.grants),
        "l": viewer.language,
    }
    return signing.dumps(content, salt=_SALT, compress=True)


def redeem(ticket: str, session_key: str | None) -> Viewer:
    """The viewer a ticket proves, for a connection that came with that session. Raises `BadTicket`."""
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
