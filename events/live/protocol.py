"""The live protocol, version 1, server side: the rules and nothing else. No sockets, no clocks, no database.

A `Session` is told what happened (a frame came, a stream was read, an event passed by) and answers with effects for the shell
to carry out. `docs/live.md` tells the same to somebody who writes a client.
"""

from collections import deque
from dataclasses import dataclass, field
from typing import Annotated, Any

import msgspec

VERSION = 1

HELLO_SECONDS = 5.0
BEAT_SECONDS = 20.0
RENEW_SECONDS = 3600.0
FRAME_BYTES = 16_384
FRAMES_PER_WINDOW = 60
WINDOW_SECONDS = 10.0
SUBSCRIPTIONS = 120
UNACKED_BEATS = 3
HELD_EVENTS = 200
REPLAY_LIMIT = 100
"""A client further behind than this gets a snapshot: cheaper for both."""

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
    """The client found a gap: what came after `n`?"""

    s: Annotated[str, msgspec.Meta(min_length=1, max_length=120)]
    e: Annotated[str, msgspec.Meta(max_length=32)] | None = None
    n: Annotated[int, msgspec.Meta(ge=0, lt=2**53)] | None = None


class Ack(msgspec.Struct, tag_field="t", tag="ack"):
    """The client got beat `b`, and so everything before it."""

    b: int


_decoder = msgspec.json.Decoder(Hello | Subscribe | Unsubscribe | Sync | Ack)


# -- Effects: what the shell is to do ----------------------------------------------------------------


@dataclass(frozen=True)
class Send:
    """Send this frame."""

    frame: dict[str, Any]


@dataclass(frozen=True)
class Close:
    """Close the socket with this code; nothing follows."""

    code: int
    reason: str


@dataclass(frozen=True)
class Authenticate:
    """Redeem the ticket, then call `welcome`."""

    ticket: str


@dataclass(frozen=True)
class Load:
    """Authorise, join the stream's group, then read it from where the client stands, then call `loaded`."""

    stream: str
    epoch: str | None
    n: int | None
    own_count: bool = False
    """`n` is what this server sent on this connection, so it needs no epoch."""


@dataclass(frozen=True)
class Leave:
    """Leave the stream's group."""

    stream: str


Effect = Send | Close | Authenticate | Load | Leave


@dataclass
class Watched:
    """One stream of one session. While it is being read, passing events are held, then sent if they are newer."""

    n: int = 0
    loading: bool = True
    again: bool = False
    held: dict[int, dict[str, Any]] = field(default_factory=dict)


class Session:
    """One connection. `now` is any monotonic clock, in seconds."""

    def __init__(self, now: float, renew_after: float = RENEW_SECONDS) -> None:
        self.opened = now
        self.renew_at = now + renew_after
        self.welcomed = False
        self.watched: dict[str, Watched] = {}
        self.next_beat = now + BEAT_SECONDS
        self.beat_number = 0
        self.acked = 0
        self._hello: Hello | None = None
        self._frames: deque[float] = deque()

    def receive(self, raw: str | bytes | None, now: float) -> list[Effect]:
        """A frame came from the client."""
        if not isinstance(raw, str):
            return [Close(BAD_FRAME, "frames are JSON text")]
        if len(raw) > FRAME_BYTES:
            return [Close(BAD_FRAME, f"a frame has at most {FRAME_BYTES} characters")]
        if self._too_many(now):
            return [Close(TOO_MANY, f"more than {FRAMES_PER_WINDOW} frames in {WINDOW_SECONDS:.0f} s")]
        try:
            frame = _decoder.decode(raw)
        except (msgspec.MsgspecError, RecursionError, UnicodeError, ValueError) as problem:
            return [Close(BAD_FRAME, _short(f"not a frame: {problem}"))]
        if isinstance(frame, Hello):
            return self._greet(frame)
        if not self.welcomed:
            return [Close(BAD_FRAME, "the first frame is hello")]
        if isinstance(frame, Subscribe):
            return self._subscribe(frame.subs)
        if isinstance(frame, Unsubscribe):
            return [Leave(s) for s in frame.s if self.watched.pop(s, None)]
        if isinstance(frame, Sync):
            return self._sync(frame)
        if frame.b > self.beat_number:
            return [Close(BAD_FRAME, "an ack of a beat that was not sent")]
        if frame.b > self.acked:
            self.acked = frame.b
            self._frames.pop()  # an ack that was asked for does not count against the client
        return []

    def welcome(self) -> list[Effect]:
        """The ticket was good."""
        assert self._hello is not None
        self.welcomed = True
        subs = self._hello.subs
        self._hello = None
        return self._subscribe(subs)

    def loaded(self, stream: str, n: int, frames: list[dict[str, Any]]) -> list[Effect]:
        """The stream was read up to version `n`; `frames` bring the client there."""
        watched = self.watched.get(stream)
        if watched is None:  # unsubscribed meanwhile
            return []
        watched.n = n
        effects: list[Effect] = [Send(frame) for frame in frames]
        for seq in sorted(watched.held):
            if seq == watched.n + 1:
                watched.n = seq
                effects.append(Send(watched.held[seq]))
        newest = max(watched.held, default=0)
        watched.held.clear()
        watched.loading = False
        if watched.again or newest > watched.n:  # something passed that the reading did not hold yet
            return effects + self._reload(stream, watched)
        if not effects:
            effects.append(Send(self._beat({stream: n})))  # "you are where the truth is"
        return effects

    def refused(self, stream: str) -> list[Effect]:
        """Not the viewer's, or not there: the same answer."""
        self.watched.pop(stream, None)
        return [
            Send({"t": "error", "code": "not_yours", "s": stream, "detail": f"{stream} is not yours to watch"}),
            Close(NOT_YOURS, "not yours"),
        ]

    def event(self, stream: str, frame: dict[str, Any]) -> list[Effect]:
        """An event of a sequential stream passed by."""
        watched = self.watched.get(stream)
        if watched is None:
            return []
        n: int = frame["n"]
        if watched.loading:
            if n > watched.n:
                watched.held[n] = frame
                if len(watched.held) > HELD_EVENTS:
                    watched.held.clear()
                    watched.again = True
            return []
        if n <= watched.n:
            return []  # a repeat
        if n > watched.n + 1:
            return self._reload(stream, watched)  # one got lost on the way here
        watched.n = n
        return [Send(frame)]

    def touched(self, stream: str) -> list[Effect]:
        """A stream without a sequence of its own changed: read it again, once however often it is touched meanwhile."""
        watched = self.watched.get(stream)
        if watched is None:
            return []
        if watched.loading:
            watched.again = True
            return []
        return self._reload(stream, watched)

    def beat(self, heads: dict[str, int], now: float) -> list[Effect]:
        """Time for a beat. `heads` is the truth, by stream; who is behind it is brought up to date."""
        self.next_beat = now + BEAT_SECONDS
        if self.beat_number - self.acked >= UNACKED_BEATS:
            return [Close(TOO_SLOW, f"{UNACKED_BEATS} beats without an ack")]
        effects: list[Effect] = [Send(self._beat(heads))]
        for stream, head in heads.items():
            watched = self.watched.get(stream)
            if watched and not watched.loading and head > watched.n:
                effects += self._reload(stream, watched)
        return effects

    def overdue(self, now: float) -> list[Effect]:
        """Deadlines that passed: no hello, or time to renew."""
        if not self.welcomed and now - self.opened > HELLO_SECONDS:
            return [Close(NOT_SIGNED_IN, "no hello in time")]
        if now > self.renew_at:
            return [Close(RENEW, "renew")]
        return []

    def _too_many(self, now: float) -> bool:
        self._frames.append(now)
        while self._frames[0] <= now - WINDOW_SECONDS:
            self._frames.popleft()
        return len(self._frames) > FRAMES_PER_WINDOW

    def _greet(self, frame: Hello) -> list[Effect]:
        if self.welcomed or self._hello:
            return [Close(BAD_FRAME, "hello was said")]
        if frame.v != VERSION:
            return [Close(BAD_FRAME, f"this server speaks version {VERSION}")]
        self._hello = frame
        return [Authenticate(frame.ticket)]

    def _subscribe(self, subs: list[Sub]) -> list[Effect]:
        fresh = {sub.s: sub for sub in subs if sub.s not in self.watched}
        if len(self.watched) + len(fresh) > SUBSCRIPTIONS:
            return [Close(TOO_MANY, f"more than {SUBSCRIPTIONS} streams")]
        for name in fresh:
            self.watched[name] = Watched()
        return [Load(sub.s, sub.e, sub.n) for sub in fresh.values()]

    def _sync(self, frame: Sync) -> list[Effect]:
        watched = self.watched.get(frame.s)
        if watched is None:
            return [Send({"t": "error", "code": "not_subscribed", "detail": _short(frame.s)})]
        if watched.loading:
            return []
        watched.loading = True
        return [Load(frame.s, frame.e, frame.n)]

    def _reload(self, stream: str, watched: Watched) -> list[Effect]:
        watched.loading = True
        watched.again = False
        return [Load(stream, None, watched.n, own_count=True)]

    def _beat(self, heads: dict[str, int]) -> dict[str, Any]:
        self.beat_number += 1
        return {"t": "beat", "b": self.beat_number, "h": heads}


def _short(text: str) -> str:
    """A close reason has at most 123 bytes (RFC 6455, 5.5)."""
    return text.encode()[:120].decode(errors="ignore")
