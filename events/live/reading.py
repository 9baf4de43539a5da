"""Read a stream from the database, as the frames that bring a viewer up to date. Blocking code."""

from dataclasses import dataclass
from typing import Any

from events.live import streams
from events.live.protocol import REPLAY_BYTES, REPLAY_LIMIT
from events.live.streams import Snapshot, Stream, Viewer
from events.log.envelope import Received
from events.models import Log

QUERY_TOPICS = 500
"""Topics, or viewers, that one query asks for."""


@dataclass(frozen=True)
class Reading:
    """Frames that bring a client from its version to version `n`."""

    epoch: str
    n: int
    frames: list[dict[str, Any]]


def topic_of(name: str, viewer: Viewer) -> tuple[Stream, str] | None:
    """The kind of stream and the topic behind a viewer's name; None if it does not exist or is not the viewer's."""
    found = streams.find(name)
    if found is None:
        return None
    stream, key = found
    topic = stream.topic(key, viewer)
    return (stream, topic) if topic else None


def read(name: str, stream: Stream, topic: str, language: str, epoch: str | None, n: int | None) -> Reading:
    """Read what came after version `n` of `epoch`: events if that is possible and short, else a snapshot."""
    current = Log.current_epoch()
    if stream.sequential and n is not None and epoch == current:
        events = stream.since(topic, n, REPLAY_LIMIT + 1)
        contiguous = [e.sequence for e in events] == list(range(n + 1, n + 1 + len(events)))
        size = sum(len(e.sealed.body) for e in events if e.sealed)
        if events and contiguous and len(events) <= REPLAY_LIMIT and size <= REPLAY_BYTES:
            frames = [event_frame(current, e, stream, name, language) for e in events]
            return Reading(current, events[-1].sequence, frames)
        if not events and stream.heads([topic])[topic] == n:
            return Reading(current, n, [])
    snapshot = stream.snapshot(topic)
    if not stream.sequential and n == snapshot.n and epoch == current:
        return Reading(current, snapshot.n, [])
    return Reading(current, snapshot.n, [snap_frame(current, snapshot, stream, name, language)])


def read_heads(topics: set[str]) -> tuple[str, dict[str, int]]:
    """The epoch, and the newest version of each topic. One query per kind of stream and `QUERY_TOPICS` topics."""
    heads: dict[str, int] = {}
    for stream in streams.all_streams():
        mine = [topic for topic in topics if streams.of_topic(topic) is stream]
        for start in range(0, len(mine), QUERY_TOPICS):
            heads |= stream.heads(mine[start : start + QUERY_TOPICS])
    return Log.current_epoch(), heads


def state(stream: Stream, topic: str) -> tuple[str, Snapshot]:
    """The epoch and the state of a topic, for `snap_frame`."""
    return Log.current_epoch(), stream.snapshot(topic)


def snap_frame(epoch: str, snapshot: Snapshot, stream: Stream, name: str, language: str) -> dict[str, Any]:
    return {"t": "snap", "s": name, "e": epoch, "n": snapshot.n, "d": stream.present(snapshot.state, language)}


def event_frame(epoch: str, event: Received, stream: Stream, name: str, language: str) -> dict[str, Any]:
    return {
        "t": "ev",
        "s": name,
        "e": epoch,
        "n": event.sequence,
        "id": str(event.id),
        "type": event.type,
        "at": event.time.isoformat(),
        "d": stream.present(event.data, language),
    }
