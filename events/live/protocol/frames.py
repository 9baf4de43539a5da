"""What goes over the wire: the client's frames, the server's fixed frames, and the close codes."""

from typing import Annotated, Any

import msgspec

VERSION = 1

BAD_FRAME, NOT_SIGNED_IN, NOT_YOURS, RENEW, TOO_SLOW, TOO_MANY = 4400, 4401, 4403, 4408, 4409, 4429
RESTART, LATER = 1012, 1013


class Sub(msgspec.Struct):
    """A stream to watch, and where the client stands in it."""

    s: Annotated[str, msgspec.Meta(min_length=1, max_length=120)]
    e: Annotated[str, msgspec.Meta(max_length=32)] | None = None
    n: Annotated[int, msgspec.Meta(ge=0, lt=2**53)] | None = None


class Hello(msgspec.Struct, tag_field="t", tag="hello"):
    """The first frame."""

    v: int
    ticket: Annotated[str, msgspec.Meta(max_length=8192)]
    subs: list[Sub] = []


class Subscribe(msgspec.Struct, tag_field="t", tag="sub"):
    """Watch more."""

    subs: list[Sub]


class Unsubscribe(msgspec.Struct, tag_field="t", tag="unsub"):
    """Watch less."""

    s: list[Annotated[str, msgspec.Meta(max_length=120)]]


class Sync(msgspec.Struct, tag_field="t", tag="sync"):
    """The client has a gap: it asks for what came after `n`."""

    s: Annotated[str, msgspec.Meta(min_length=1, max_length=120)]
    e: Annotated[str, msgspec.Meta(max_length=32)] | None = None
    n: Annotated[int, msgspec.Meta(ge=0, lt=2**53)] | None = None


class Ack(msgspec.Struct, tag_field="t", tag="ack"):
    """The client has received beat `b`, and so everything before it."""

    b: int


decoder = msgspec.json.Decoder(Hello | Subscribe | Unsubscribe | Sync | Ack)


STALE = {"t": "stale"}


def bye(code: int, after_ms: int) -> dict[str, Any]:
    """The frame that asks a client to connect again."""
    return {"t": "bye", "code": code, "after_ms": after_ms}


def not_yours(stream: str) -> dict[str, Any]:
    """The stream is not the viewer's, or does not exist: the same frame."""
    return {"t": "error", "code": "not_yours", "s": stream, "detail": f"{stream} is not yours to watch"}


def short(text: str) -> str:
    """A close reason has at most 123 bytes (RFC 6455, 5.5)."""
    return text.encode()[:120].decode(errors="ignore")
