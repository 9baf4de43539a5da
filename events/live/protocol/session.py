"""One connection, as the protocol sees it: its streams, its window, its beats."""

from collections import deque
from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate, ParamSpec

import msgspec

from events.live.protocol.effects import Authenticate, Close, Effect, Leave, Load, Send
from events.live.protocol.frames import (
    BAD_FRAME,
    NOT_SIGNED_IN,
    NOT_YOURS,
    RENEW,
    STALE,
    TOO_MANY,
    TOO_SLOW,
    VERSION,
    Hello,
    Sub,
    Subscribe,
    Sync,
    Unsubscribe,
    decoder,
    not_yours,
    short,
)
from events.live.protocol.limits import (
    FRAME_BYTES,
    FRAMES_PER_WINDOW,
    HELD_EVENTS,
    HELLO_SECONDS,
    LOADS,
    SUBSCRIPTIONS,
    UNACKED_BEATS,
    USUAL,
    WINDOW_BYTES,
    WINDOW_SECONDS,
    Timing,
)
from events.live.protocol.watched import Watched
from events.live.protocol.window import Window

P = ParamSpec("P")


def _doubtful(
    rule: Callable[Concatenate["Session", P], list[Effect]],
) -> Callable[Concatenate["Session", P], list[Effect]]:
    """While the channel layer is silent, the frames that a rule sends are followed by `stale`."""

    @wraps(rule)
    def with_doubt(session: "Session", *args: P.args, **kwargs: P.kwargs) -> list[Effect]:
        effects = rule(session, *args, **kwargs)
        if session._silent and any(isinstance(effect, Send) for effect in effects):
            return [*effects, Send(STALE)]
        return effects

    return with_doubt


class Session:
    """One connection. `now` is any monotonic clock, in seconds."""

    def __init__(self, now: float, timing: Timing = USUAL) -> None:
        self.timing = timing
        self.opened = now
        self.welcomed = False
        self.watched: dict[str, Watched] = {}
        self.next_beat = now + self.timing.beat
        self._hello: Hello | None = None
        self._frames: deque[float] = deque()
        self._waiting: dict[str, Load] = {}
        self._loads = 0
        self._window = Window()
        self._silent = False

    # -- The client sent something -----------------------------------------------------------------

    def receive(self, raw: str | bytes | None, now: float) -> list[Effect]:
        """A frame arrived from the client."""
        if not isinstance(raw, str):
            return [Close(BAD_FRAME, "frames are JSON text")]
        if len(raw) > FRAME_BYTES:
            return [Close(BAD_FRAME, f"a frame has at most {FRAME_BYTES} characters")]
        if self._too_many(now):
            return [Close(TOO_MANY, f"more than {FRAMES_PER_WINDOW} frames in {WINDOW_SECONDS:.0f} s")]
        try:
            frame = decoder.decode(raw)
        except (msgspec.MsgspecError, RecursionError, UnicodeError, ValueError) as problem:
            return [Close(BAD_FRAME, short(f"not a frame: {problem}"))]
        if isinstance(frame, Hello):
            return self._greet(frame)
        if not self.welcomed:
            return [Close(BAD_FRAME, "the first frame is hello")]
        if isinstance(frame, Subscribe):
            return self._subscribe(frame.subs)
        if isinstance(frame, Unsubscribe):
            return self._unsubscribe(frame.s)
        if isinstance(frame, Sync):
            return self._sync(frame)
        return self._acknowledged(frame.b)

    def welcome(self) -> list[Effect]:
        """The ticket was valid."""
        assert self._hello is not None
        self.welcomed = True
        subs = self._hello.subs
        self._hello = None
        return self._subscribe(subs) + ([Send(STALE)] if self._silent else [])

    # -- The connection did what it was asked -----------------------------------------------------------

    @_doubtful
    def loaded(self, stream: str, epoch: str, n: int, frames: list[dict[str, Any]], now: float) -> list[Effect]:
        """The stream was read up to version `n` of `epoch`; `frames` bring the client there."""
        self._loads -= 1
        watched = self.watched.get(stream)
        if watched is None:  # unsubscribed meanwhile
            return self._next()
        watched.n, watched.epoch = n, epoch
        effects: list[Effect] = [Send(frame) for frame in frames]
        held = {seq: frame for seq, frame in watched.held.items() if frame["e"] == epoch}
        foreign = len(held) < len(watched.held)  # of another log; the next reading decides
        for seq in sorted(held):
            if seq == watched.n + 1:
                watched.n = seq
                effects.append(Send(held[seq]))
        watched.held.clear()
        watched.loading = False
        if watched.asked:
            watched.loading, watched.again = True, False
            self._waiting[stream], watched.asked = watched.asked, None
            return effects + self._next()
        # The reading did not contain everything that arrived
        if watched.again or foreign or max(held, default=0) > watched.n:
            return effects + self._reload(stream, watched) + self._next()
        if not effects:
            effects.append(Send(self._beat({stream: n}, now)))  # tells the client that it is up to date
        return effects + self._next()

    def refused(self, stream: str) -> list[Effect]:
        """The stream is not the viewer's, or does not exist: the same answer."""
        self.watched.pop(stream, None)
        return [Send(not_yours(stream)), Close(NOT_YOURS, "not yours")]

    @_doubtful
    def sent(self, size: int, now: float) -> list[Effect]:
        """A frame of `size` bytes was passed to the transport. After half a window without a beat, one is sent early,
        to get an ack."""
        self._window.add(size, now)
        return [Send(self._beat({}, now))] if self._window.wants_ack else []

    # -- Something changed -----------------------------------------------------------------------

    @_doubtful
    def event(self, stream: str, frame: dict[str, Any]) -> list[Effect]:
        """An event of a sequential stream arrived."""
        watched = self.watched.get(stream)
        if watched is None or stream in self._waiting:  # the coming reading will find this event, too
            return []
        n: int = frame["n"]
        if watched.loading:
            watched.held[n] = frame
            if len(watched.held) > HELD_EVENTS:
                watched.held.clear()
                watched.again = True
            return []
        if frame["e"] != watched.epoch:
            return self._reload(stream, watched)  # another log: its numbers begin anew
        if n <= watched.n:
            return []  # a repeat
        if n > watched.n + 1 or self._window.full:
            return self._reload(stream, watched)  # an event was lost on the way here; or the client has enough to read
        watched.n = n
        return [Send(frame)]

    @_doubtful
    def state(self, stream: str, frame: dict[str, Any]) -> list[Effect]:
        """A stream without a sequence was read for all who watch it; `frame` is its snapshot."""
        watched = self.watched.get(stream)
        if watched is None or stream in self._waiting:
            return []
        if watched.loading:
            watched.again = True
            return []
        if frame["e"] == watched.epoch and frame["n"] <= watched.n:
            return []
        if self._window.full:
            return self._reload(stream, watched)
        watched.n, watched.epoch = frame["n"], frame["e"]
        return [Send(frame)]

    @_doubtful
    def beat(self, heads: dict[str, int], epoch: str, now: float) -> list[Effect]:
        """Send a beat.

        `heads` are the newest versions in the log `epoch`, by stream. A stream that is behind is read.
        """
        self.next_beat = now + self.timing.beat
        if self._window.unacked(now, UNACKED_BEATS * self.timing.beat):
            return [Close(TOO_SLOW, f"{UNACKED_BEATS} beats without an ack")]
        effects: list[Effect] = [Send(self._beat(heads, now))]
        for stream, head in heads.items():
            watched = self.watched.get(stream)
            if watched and not watched.loading and (head > watched.n or watched.epoch != epoch):
                effects += self._reload(stream, watched)
        return effects

    def overdue(self, now: float) -> list[Effect]:
        """Check the deadlines: no hello, a window that stays full, or time to renew."""
        if not self.welcomed and now - self.opened > HELLO_SECONDS:
            return [Close(NOT_SIGNED_IN, "no hello in time")]
        if self._window.stalled(now, self.timing.stall):
            return [Close(TOO_SLOW, f"{WINDOW_BYTES} bytes without an ack")]
        if now - self.opened > self.timing.renew:
            return [Close(RENEW, "renew")]
        return []

    def stale(self) -> list[Effect]:
        """The channel layer is silent: the client is told that what it shows may be old.

        What is read from the database is still sent. Until `heard`, each such answer ends with `stale` again.
        """
        self._silent = True
        return [Send(STALE)] if self.welcomed else []

    def heard(self) -> None:
        """The channel layer works again. The next beat tells the client."""
        self._silent = False

    # -- The rules ---------------------------------------------------------------------------------

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
        for name, sub in fresh.items():
            self.watched[name] = Watched()
            self._waiting[name] = Load(name, sub.e, sub.n)
        return self._next()

    def _unsubscribe(self, names: list[str]) -> list[Effect]:
        for name in names:
            self._waiting.pop(name, None)
        return [Leave(name) for name in names if self.watched.pop(name, None)]

    def _sync(self, frame: Sync) -> list[Effect]:
        watched = self.watched.get(frame.s)
        if watched is None:
            return [Send({"t": "error", "code": "not_subscribed", "detail": short(frame.s)})]
        load = Load(frame.s, frame.e, frame.n)
        if watched.loading and frame.s not in self._waiting:  # under way from where another sync, or the server, began
            watched.asked = load
            return []
        watched.loading = True
        self._waiting[frame.s] = load
        return self._next()

    def _acknowledged(self, b: int) -> list[Effect]:
        if b > self._window.beat_number:
            return [Close(BAD_FRAME, "an ack of a beat that was not sent")]
        if not self._window.acknowledge(b):
            return []
        self._frames.pop()  # an ack that was asked for does not count against the client
        return self._next()

    def _reload(self, stream: str, watched: Watched) -> list[Effect]:
        watched.loading = True
        watched.again = False
        self._waiting[stream] = Load(stream, watched.epoch, watched.n)
        return self._next()

    def _next(self) -> list[Effect]:
        """The readings that may begin now."""
        effects: list[Effect] = []
        while self._waiting and self._loads < LOADS and not self._window.full:
            self._loads += 1
            effects.append(self._waiting.pop(next(iter(self._waiting))))
        return effects

    def _beat(self, heads: dict[str, int], now: float) -> dict[str, Any]:
        return {"t": "beat", "b": self._window.beat(now), "h": heads}
