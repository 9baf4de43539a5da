"""What can be watched. An app registers its kinds of streams; the live layer asks them who may see what, and in which
words.

A stream has two names. Its *topic* is the name in the log and in the channel layer, the same for everybody. What a
viewer calls it may be shorter: everybody's own list is `orders`, and its topic has the user's number in it.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, TypeVar

from django.db.models import Max

from events.log.envelope import Received, open_for
from events.log.stream_names import StreamName
from events.models import Event


@dataclass(frozen=True)
class Viewer:
    """Who watches, as far as the ticket proves it."""

    user_id: int | None = None
    permissions: frozenset[str] = frozenset()
    grants: frozenset[str] = frozenset()
    """The streams that signed links have opened to this session."""
    language: str = "en"
    session: str = ""
    """The fingerprint of the viewer's session."""


@dataclass(frozen=True)
class Snapshot:
    """The state of a stream at version `n`, not yet in any language."""

    n: int
    state: Any


class Stream:
    """A kind of stream, registered with `@register`. Its names are `prefix` or `prefix:key`.

    By default the event log is read: `n` is the sequence, and the state is the data of the newest event.
    """

    prefix: ClassVar[str]
    sequential: ClassVar[bool] = True
    """Whether `n` grows by exactly 1 with each event. If not, every change is sent as a snapshot."""

    every: ClassVar[float | None] = None
    """Seconds after which a topic that is watched is read again although no event touched it; None for never."""

    permissions: ClassVar[frozenset[str]] = frozenset()
    """The permissions that `topic` looks for in the viewer. A ticket proves no others."""

    def topic(self, key: str, viewer: Viewer) -> str | None:
        """The topic that the viewer calls `prefix:key`. None if it does not exist, or is not the viewer's to watch."""
        raise NotImplementedError

    def ended(self, grants: Collection[str]) -> set[str]:
        """Those of `grants`, as sessions keep them, that open nothing of this kind any more. One query at most."""
        return set()

    def topics(self, event: Received) -> Iterable[str]:
        """The topics of this kind that an event changes."""
        return [event.stream] if StreamName.parse(event.stream).prefix == self.prefix else []

    def parse(self, text: str) -> str | None:
        """The topic that somebody means who types `text` at a command, such as an order's reference. None if none is
        meant."""
        return None

    def present(self, state: Any, language: str) -> dict[str, Any]:
        """The `d` of a frame: a state in that language. `state` comes from `snapshot`, or is the data of an event."""
        raise NotImplementedError

    def snapshot(self, topic: str) -> Snapshot:
        """The current state; version 0 and None before the first event. Raises `BadEnvelope` if its signature does not
        fit."""
        newest = Event.objects.filter(stream=topic).order_by("-seq").first()
        if newest is None:
            return Snapshot(0, None)
        return Snapshot(newest.seq, open_for("live", newest.header, newest.sealed).data)

    def since(self, topic: str, n: int, limit: int) -> list[Received]:
        """Events n+1, n+2, …, at most `limit`. Raises `BadEnvelope` if a signature does not fit."""
        rows = Event.objects.filter(stream=topic, seq__gt=n).order_by("seq")[:limit]
        return [open_for("live", row.header, row.sealed) for row in rows]

    def heads(self, topics: Sequence[str]) -> dict[str, int]:
        """The newest version of each topic; one query."""
        rows = Event.objects.filter(stream__in=topics).values_list("stream").annotate(head=Max("seq"))
        return dict.fromkeys(topics, 0) | dict(rows)


class PolledStream(Stream):
    """A stream that no event changes: while somebody watches it, it is read every so often (`every`).

    It has one topic, named as its prefix, for whoever has all of its `permissions`; a stream that names none is for
    nobody. `n` is the time of the reading in milliseconds, because what is shown changes with the time alone, too.
    """

    sequential = False

    def topic(self, key: str, viewer: Viewer) -> str | None:
        """One for all who may watch."""
        may = bool(self.permissions) and self.permissions <= viewer.permissions
        return self.prefix if may and not key else None

    def topics(self, event: Received) -> Iterable[str]:
        """None: no event changes it."""
        return []

    def read(self) -> Any:
        """The current state; `at` is the moment of the reading."""
        raise NotImplementedError

    def snapshot(self, topic: str) -> Snapshot:
        """What is read now."""
        state = self.read()
        return Snapshot(int(state.at.timestamp() * 1000), state)

    def heads(self, topics: Sequence[str]) -> dict[str, int]:
        """Always 0: no client is behind for longer than `every`."""
        return dict.fromkeys(topics, 0)


_streams: dict[str, Stream] = {}

S = TypeVar("S", bound=type[Stream])


def register(cls: S) -> S:
    """Class decorator that registers a kind of stream."""
    _streams[cls.prefix] = cls()
    return cls


def all_streams() -> Iterable[Stream]:
    """Every registered kind."""
    return _streams.values()


def of_topic(topic: str) -> Stream:
    """The kind of a topic. Raises `KeyError` for a topic of no kind."""
    return _streams[StreamName.parse(topic).prefix]


def permissions() -> frozenset[str]:
    """All permissions that some kind of stream looks for."""
    return frozenset().union(*(stream.permissions for stream in _streams.values()))


def parse(text: str) -> str:
    """The topic that somebody means who types `text`: a topic as it is, or what a kind of stream makes of it."""
    if StreamName.parse(text).key:
        return text
    return next(filter(None, (stream.parse(text) for stream in _streams.values())), text)


def find(name: str) -> tuple[Stream, str] | None:
    """The kind of stream and the key in a viewer's name for it; None for a name of no kind."""
    if "\0" in name:  # PostgreSQL takes no NUL in a text
        return None
    prefix, key = StreamName.parse(name)
    stream = _streams.get(prefix)
    return (stream, key) if stream else None
