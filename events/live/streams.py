"""What can be watched. An app registers its streams; the live layer asks them who may see what, and how it reads."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, TypeVar

from django.db.models import Max

from events.log.envelope import Received, open_for
from events.models import Event


@dataclass(frozen=True)
class Viewer:
    """Who looks: what the ticket proved."""

    user_id: int | None = None
    permissions: frozenset[str] = frozenset()
    grants: frozenset[str] = frozenset()
    """Stream names this session was let in to by a signed link."""
    language: str = "en"
    session: str = ""
    """The fingerprint of the session that it belongs to."""


@dataclass(frozen=True)
class Snapshot:
    """The state of a stream as version `n` left it, in no language yet."""

    n: int
    state: Any


class Stream:
    """A kind of stream. Names are `prefix` or `prefix:key`; subclasses are registered with `@register`.

    The default reads the event log: `n` is the sequence, the state is the newest event's payload.
    """

    prefix: ClassVar[str]
    sequential: ClassVar[bool] = True
    """Whether `n` grows by exactly 1 and events can be replayed; else every change is a snapshot."""

    every: ClassVar[float | None] = None
    """Seconds after which the state of a topic that is watched is read again, though no event touched it."""

    def topic(self, key: str, viewer: Viewer) -> str | None:
        """The name of the stream in the log and in the layer, or None if it is not there or not the viewer's."""
        raise NotImplementedError

    def topics(self, event: Received) -> Iterable[str]:
        """Which topics of this kind an event touches."""
        return [event.stream] if event.stream.startswith(f"{self.prefix}:") else []

    def present(self, state: Any, language: str) -> dict[str, Any]:
        """A state as the `d` of a frame, in words of that language."""
        raise NotImplementedError

    def snapshot(self, topic: str) -> Snapshot:
        """The current state. Version 0 with state None when nothing happened yet."""
        newest = Event.objects.filter(stream=topic).order_by("-seq").first()
        if newest is None:
            return Snapshot(0, None)
        return Snapshot(newest.seq, open_for("live", newest.header, newest.sealed).data)

    def since(self, topic: str, n: int, limit: int) -> list[Received]:
        """Events n+1, n+2, …, at most `limit`."""
        rows = Event.objects.filter(stream=topic, seq__gt=n).order_by("seq")[:limit]
        return [open_for("live", row.header, row.sealed) for row in rows]

    def heads(self, topics: Sequence[str]) -> dict[str, int]:
        """The newest version of each topic; one query."""
        rows = Event.objects.filter(stream__in=topics).values_list("stream").annotate(head=Max("seq"))
        return dict.fromkeys(topics, 0) | dict(rows)


_streams: dict[str, Stream] = {}

S = TypeVar("S", bound=type[Stream])


def register(cls: S) -> S:
    """Class decorator: make this kind of stream known."""
    _streams[cls.prefix] = cls()
    return cls


def all_streams() -> Iterable[Stream]:
    """Every registered kind."""
    return _streams.values()


def of_topic(topic: str) -> Stream:
    """The kind that a topic is of."""
    return _streams[topic.partition(":")[0]]


def find(name: str) -> tuple[Stream, str] | None:
    """The kind and the key of a stream's name; None for a name of no kind."""
    if "\0" in name:  # PostgreSQL takes no NUL in a text
        return None
    prefix, _, key = name.partition(":")
    stream = _streams.get(prefix)
    return (stream, key) if stream else None
