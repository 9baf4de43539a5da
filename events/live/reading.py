"""The truth of a stream, from the database, as the frames that bring a viewer there. Blocking code."""

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


def read(
    name: str, stream: Stream, topic: str, language: str, epoch: str | None, n: int | None, *, trusted: bool = False
) -> Reading:
    """Frames from version `n` of `epoch` on: events if that is possible and short, else a snapshot.

    `trusted` says that `n` is the server's own count, which needs no epoch.
    """
    current = Log.current_epoch()
    if stream.sequential and n is not None and (trusted or epoch == current):
        events = stream.since(topic, n, REPLAY_LIMIT + 1)
        contiguous = [e.sequence for e in events] == list(range(n + 1, n + 1 + len(events)))
        if events and contiguous and len(events) <= REPLAY_LIMIT:
            frames = [event_frame(name, current, e, stream.present(e.data, language)) for e in events]
            return Reading(events[-1].sequence, frames)
        if not events and stream.heads([topic])[topic] == n:
            return Reading(n, [])
    snapshot = stream.snapshot(topic)
    if not stream.sequential and n == snapshot.n and (trusted or epoch == current):
        return Reading(snapshot.n, [])
    frame = {
        "t": "snap",
        "s": name,
        "e": current,
        "n": snapshot.n,
        "d": stream.present(snapshot.state, language),
    }
    return Reading(snapshot.n, [frame])


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
