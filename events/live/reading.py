"""The truth of a stream, from the database, as the frames that bring a viewer there. Blocking code."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from events.envelope import Received
from events.live import streams
from events.live.protocol import REPLAY_LIMIT
from events.live.streams import Stream, Viewer
from events.models import Log


@dataclass(frozen=True)
class Reading:
    """`frames` bring a client from where it stood to version `n`."""

    epoch: str
    n: int
    frames: list[dict[str, Any]]


def topic_of(name: str, viewer: Viewer) -> tuple[Stream, str] | None:
    """The stream kind and topic behind a name, or None: not there, or not this viewer's."""
    found = streams.find(name)
    if found is None:
        return None
    stream, key = found
    topic = stream.topic(key, viewer)
    return (stream, topic) if topic else None


def read(name: str, stream: Stream, topic: str, language: str, epoch: str | None, n: int | None) -> Reading:
    """Frames from version `n` of `epoch` on: events if that is possible and short, else a snapshot."""
    current = Log.current_epoch()
    if stream.sequential and n is not None and epoch == current:
        events = stream.since(topic, n, REPLAY_LIMIT + 1)
        contiguous = [e.sequence for e in events] == list(range(n + 1, n + 1 + len(events)))
        if events and contiguous and len(events) <= REPLAY_LIMIT:
            frames = [event_frame(name, current, e, stream.present(e.data, language)) for e in events]
            return Reading(current, events[-1].sequence, frames)
        if not events and stream.heads([topic])[topic] == n:
            return Reading(current, n, [])
    snapshot = stream.snapshot(topic)
    if not stream.sequential and n == snapshot.n and epoch == current:
        return Reading(current, snapshot.n, [])
    return Reading(
        current, snapshot.n, [snap_frame(name, current, snapshot.n, stream.present(snapshot.state, language))]
    )


def snapshots(stream: Stream, topic: str, languages: Iterable[str]) -> dict[str, dict[str, Any]]:
    """The state of a topic as a `snap` frame for each of these languages, from one reading."""
    current, snapshot = Log.current_epoch(), stream.snapshot(topic)
    return {code: snap_frame("", current, snapshot.n, stream.present(snapshot.state, code)) for code in languages}


def snap_frame(name: str, epoch: str, n: int, data: dict[str, Any]) -> dict[str, Any]:
    """A `snap` frame."""
    return {"t": "snap", "s": name, "e": epoch, "n": n, "d": data}


def event_frame(name: str, epoch: str, event: Received, data: dict[str, Any]) -> dict[str, Any]:
    """An `ev` frame."""
    return {
        "t": "ev",
        "s": name,
        "e": epoch,
        "n": event.sequence,
        "id": str(event.id),
        "type": event.type,
        "at": event.time.isoformat(),
        "d": data,
    }
