"""A wake-up message: it tells one handler that it has work in one stream.

The event is in it, as it was sealed. A signature over the message binds the event to the handler, the number of
notifications and the time: a message that is moved to another handler, or sent again much later, is refused. Nothing
depends on its arrival.
"""

import base64
import hmac
import time
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from django.conf import settings

from events.log import keys
from events.log.envelope import BadEnvelope, Header, Sealed, framed, verify

CLOCKS = 60.0  # seconds that the clocks of two hosts may differ


class Stale(BadEnvelope):
    """The message was issued too long ago. If its delivery is still open, the relay sends a new one."""


@dataclass(frozen=True)
class WakeUp:
    """What a message says. `notifications` counts how often the relay has notified for the same delivery."""

    handler: str
    header: Header
    sealed: Sealed
    notifications: int = 0
    traceparent: str = ""
    """The span that sends the message, for tracing. It is not signed and not trusted."""


def compose(wake_up: WakeUp, issued: float | None = None) -> dict[str, Any]:
    """The keyword arguments of the Celery task, which can be sent as JSON. `issued` is a Unix time, by default now."""
    issued = time.time() if issued is None else issued
    return {
        "handler": wake_up.handler,
        "id": str(wake_up.header.id),
        "stream": wake_up.header.stream,
        "seq": wake_up.header.seq,
        "type": wake_up.header.type,
        "version": wake_up.header.version,
        "kid": wake_up.sealed.kid,
        "body": base64.b64encode(wake_up.sealed.body).decode(),
        "signature": base64.b64encode(wake_up.sealed.signature).decode(),
        "notifications": wake_up.notifications,
        "issued": issued,
        "mac": base64.b64encode(_mac(wake_up, issued, keys.signing().keys[keys.signing().active])).decode(),
        "mac_kid": keys.signing().active,
        "traceparent": wake_up.traceparent,
    }


def open_message(message: dict[str, Any]) -> WakeUp:
    """Verify every part of a message. Raises `BadEnvelope`, whatever is wrong, and `Stale` for an old one."""
    try:
        header = Header(
            UUID(message["id"]), message["stream"], int(message["seq"]), message["type"], int(message["version"])
        )
        body, signature, mac = (base64.b64decode(message[part], validate=True) for part in ("body", "signature", "mac"))
        wake_up = WakeUp(
            message["handler"], header, Sealed(body, message["kid"], signature), int(message["notifications"])
        )
        wake_up = replace(wake_up, traceparent=str(message.get("traceparent") or "")[:60])
        issued = float(message["issued"])
        key = keys.signing().keys.get(message["mac_kid"])
        expected = _mac(wake_up, issued, key or b"")
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError) as problem:
        raise BadEnvelope(f"not a message of ours: {type(problem).__name__}: {problem}") from problem
    if key is None or not hmac.compare_digest(expected, mac):
        raise BadEnvelope("the message's signature does not fit, or its key is unknown")
    if not -CLOCKS <= time.time() - issued <= settings.EVENT_MESSAGE_MAX_AGE:
        raise Stale(f"issued {time.time() - issued:.0f} s ago")
    verify(header, wake_up.sealed)
    return wake_up


def _mac(wake_up: WakeUp, issued: float, key: bytes) -> bytes:
    parts = ("message", wake_up.handler, str(wake_up.notifications), repr(issued), str(wake_up.header.id))
    return hmac.digest(key, framed(parts) + wake_up.sealed.signature, "sha256")
