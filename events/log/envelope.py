"""The envelope of an event: a CloudEvents 1.0 body with a signature, and optional encryption.

The signature covers the exact bytes of the body and the columns by which an event is found and ordered. Each part has
its length in front, so two different events never give the same bytes to sign.
"""

import hmac
import os
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings

from events.lib import tracing
from events.log import keys
from events.log.types import DomainEvent, decode

_ENCRYPTED = b"\x01"  # first byte of an encrypted body; a clear one starts with "{"


class BadEnvelope(ValueError):
    """The signature is wrong, its key is unknown, or the body contradicts its header."""


class TooLarge(ValueError):
    """An event body is larger than `EVENT_MAX_BYTES`.

    Store the large value elsewhere and put its address in the event.
    """


def framed(parts: Iterable[str]) -> bytes:
    """Texts as bytes, each with its length in front: two different lists of texts never give the same bytes."""
    return b"".join(len(p).to_bytes(4, "big") + p for p in (part.encode() for part in parts))


class CloudEvent(msgspec.Struct, kw_only=True):
    """CloudEvents 1.0 in JSON (https://github.com/cloudevents/spec), with the `sequence` extension as a number.

    `traceparent` is the distributed tracing extension: the span (W3C Trace Context) in which the event was emitted.
    """

    specversion: str = "1.0"
    id: str
    source: str
    type: str
    subject: str
    time: datetime
    datacontenttype: str = "application/json"
    dataschema: str
    sequence: int
    traceparent: str | msgspec.UnsetType = msgspec.UNSET
    data: msgspec.Raw


_decoder = msgspec.json.Decoder(CloudEvent)  # made here for the reason in `events.log.types`


@dataclass(frozen=True)
class Header:
    """The signed columns of an event. `seq` counts 1, 2, … within `stream`."""

    id: UUID
    stream: str
    seq: int
    type: str
    version: int

    def framed(self, kid: str) -> bytes:
        """The header as bytes, for the signature."""
        return framed((kid, str(self.id), self.stream, str(self.seq), self.type, str(self.version)))


@dataclass(frozen=True)
class Sealed:
    """The body as stored and sent, with the id of the signing key and the HMAC-SHA256 (32 bytes)."""

    body: bytes
    kid: str
    signature: bytes


@dataclass(frozen=True)
class Received:
    """One event as a handler receives it: verified and decoded."""

    id: UUID
    type: str
    version: int
    stream: str
    sequence: int
    subject: str
    time: datetime
    data: Any
    """The payload: an instance of the class registered for `type`. An older `version` has been upcast."""
    handler: str = ""
    traceparent: str = ""
    sealed: Sealed | None = None
    """The signed bytes, for a handler that passes the event on."""

    @property
    def idempotency_key(self) -> str:
        """The key for an effect outside (a charge, a mail, a webhook). It is the same at every attempt."""
        return f"{self.handler}:{self.id}"


def compose(header: Header, subject: str, time: datetime, data: DomainEvent) -> bytes:
    """The CloudEvents body of an event, as JSON bytes. Raises `TooLarge`."""
    body = msgspec.json.encode(
        CloudEvent(
            id=str(header.id),
            source=settings.EVENT_SOURCE,
            type=header.type,
            subject=subject,
            time=time,
            dataschema=f"urn:event:{header.type}:{header.version}",
            sequence=header.seq,
            traceparent=tracing.traceparent() or msgspec.UNSET,
            data=msgspec.Raw(msgspec.json.encode(data)),
        )
    )
    if len(body) > settings.EVENT_MAX_BYTES:
        raise TooLarge(
            f"{header.type} has {len(body):,} bytes, more than EVENT_MAX_BYTES ({settings.EVENT_MAX_BYTES:,})"
        )
    return body


def seal(header: Header, body: bytes) -> Sealed:
    """Encrypt `body` if a key is set, and sign it with the active key."""
    ring = keys.encryption()
    if ring.active:
        nonce = os.urandom(12)
        kid = ring.active.encode()
        cipher = AESGCM(ring.keys[ring.active]).encrypt(nonce, body, header.framed(ring.active))
        body = _ENCRYPTED + len(kid).to_bytes(1, "big") + kid + nonce + cipher
    signer = keys.signing()
    return Sealed(body, signer.active, _mac(signer.keys[signer.active], header, signer.active, body))


def verify(header: Header, sealed: Sealed) -> None:
    """Raise `BadEnvelope` unless a key of `EVENT_SIGNING_KEYS` signed `sealed` for exactly this header."""
    key = keys.signing().keys.get(sealed.kid)
    if key is None:
        raise BadEnvelope(f"signed with the key {sealed.kid!r}, which is not in EVENT_SIGNING_KEYS")
    if not hmac.compare_digest(_mac(key, header, sealed.kid, sealed.body), sealed.signature):
        raise BadEnvelope("the signature does not match the event")


def read(header: Header, sealed: Sealed, *, verified: bool = False) -> CloudEvent:
    """Verify, decrypt and parse.

    Raises `BadEnvelope`. With `verified` the caller has verified the same event already.
    """
    if not verified:
        verify(header, sealed)
    body = sealed.body
    if body[:1] == _ENCRYPTED:
        size = body[1]
        kid = body[2 : 2 + size].decode(errors="replace")
        key = keys.encryption().keys.get(kid)
        if key is None:
            raise BadEnvelope(f"encrypted with the key {kid!r}, which is not in EVENT_ENCRYPTION_KEYS")
        try:
            body = AESGCM(key).decrypt(body[2 + size : 14 + size], body[14 + size :], header.framed(kid))
        except InvalidTag:
            raise BadEnvelope("the encrypted body does not match the event") from None
    try:
        return _decoder.decode(body)
    except msgspec.MsgspecError as problem:
        raise BadEnvelope(f"the body is not a CloudEvent: {problem}") from problem


def encryption_kid(body: bytes) -> str:
    """The id of the key that encrypted `body` (the first 42 bytes are enough), or "" for a body in clear text."""
    return body[2 : 2 + body[1]].decode(errors="replace") if body[:1] == _ENCRYPTED else ""


def open_for(handler: str, header: Header, sealed: Sealed, *, verified: bool = False) -> Received:
    """The event for `handler`.

    Raises `BadEnvelope`, `UnknownEvent`, `msgspec.ValidationError`. `verified`: see `read`.
    """
    cloud = read(header, sealed, verified=verified)
    if (cloud.id, cloud.type, cloud.sequence) != (str(header.id), header.type, header.seq):
        raise BadEnvelope("the body belongs to another event")
    return Received(
        id=header.id,
        type=header.type,
        version=header.version,
        stream=header.stream,
        sequence=header.seq,
        subject=cloud.subject,
        time=cloud.time,
        data=decode(header.type, header.version, cloud.data),
        handler=handler,
        traceparent=cloud.traceparent or "",
        sealed=sealed,
    )


def _mac(key: bytes, header: Header, kid: str, body: bytes) -> bytes:
    return hmac.digest(key, header.framed(kid) + body, "sha256")
