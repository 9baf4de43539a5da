"""A message of the broker: a signed hint that one handler has something to do in one stream.

The event is in it, as it was sealed, and a signature of its own binds that event to the handler, the number of rings and the time:
a message moved to another handler, or kept and sent again much later, is refused. Nothing depends on it being delivered.
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
    """It was issued too long ago. If it still matters, the relay rings with a fresh one."""


@dataclass(frozen=True)
class Hint:
    """What a message says. `rings` is how often the relay rang before for the same delivery."""

    handler: str
    header: Header
    sealed: Sealed
    rings: int = 0
    traceparent: str = ""
    """The span that rings; for following it, not signed and not trusted."""


def compose(hint: Hint, issued: float | None = None) -> dict[str, Any]:
    """As Celery keyword arguments, JSON."""
    issued = time.time() if issued is None else issued
    return {
        "handler": hint.handler,
        "id": str(hint.header.id),
        "stream": hint.header.stream,
        "seq": hint.header.seq,
        "type": hint.header.type,
        "version": hint.header.version,
        "kid": hint.sealed.kid,
        "body": base64.b64encode(hint.sealed.body).decode(),
        "signature": base64.b64encode(hint.sealed.signature).decode(),
        "rings": hint.rings,
        "issued": issued,
        "mac": base64.b64encode(_mac(hint, issued, keys.signing().keys[keys.signing().active])).decode(),
        "mac_kid": keys.signing().active,
        "traceparent": hint.traceparent,
    }


def open_message(message: dict[str, Any]) -> Hint:
    """Verify every part. Raises `BadEnvelope`, whatever is wrong with it, and `Stale` for an old one."""
    try:
        header = Header(
            UUID(message["id"]), message["stream"], int(message["seq"]), message["type"], int(message["version"])
        )
        body, signature, mac = (base64.b64decode(message[part], validate=True) for part in ("body", "signature", "mac"))
        hint = Hint(message["handler"], header, Sealed(body, message["kid"], signature), int(message["rings"]))
        hint = replace(hint, traceparent=str(message.get("traceparent") or "")[:60])
        issued = float(message["issued"])
        key = keys.signing().keys.get(message["mac_kid"])
        expected = _mac(hint, issued, key or b"")
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError) as problem:
        raise BadEnvelope(f"not a message of ours: {type(problem).__name__}: {problem}") from problem
    if key is None or not hmac.compare_digest(expected, mac):
        raise BadEnvelope("the message's signature does not fit, or its key is unknown")
    if not -CLOCKS <= time.time() - issued <= settings.EVENT_MESSAGE_MAX_AGE:
        raise Stale(f"issued {time.time() - issued:.0f} s ago")
    verify(header, hint.sealed)
    return hint


def _mac(hint: Hint, issued: float, key: bytes) -> bytes:
    parts = ("message", hint.handler, str(hint.rings), repr(issued), str(hint.header.id))
    return hmac.digest(key, framed(parts) + hint.sealed.signature, "sha256")
