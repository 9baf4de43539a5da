"""Changes that are made and seen: what the parts of the live benchmark share."""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from bench.live import load
from bench.live.systems import System


class Change(NamedTuple):
    """One change of the load, as its producer reports it; moments in seconds since the epoch."""

    topic: str
    number: int
    due: float
    """When the load wanted it to start, whether the producer could or not."""
    before: float
    """Just before its COMMIT."""
    after: float


@dataclass
class Made:
    """The changes of one job of the load."""

    asked: int
    rate: float
    changes: list[Change]

    @property
    def seconds(self) -> float:
        """From the first due moment to the last COMMIT."""
        spent = max(change.after for change in self.changes) - min(change.due for change in self.changes)
        # The last change of a job begins one pause before the job's time is over.
        return max(spent, len(self.changes) / self.rate)

    @property
    def achieved(self) -> float:
        """Changes a second."""
        return len(self.changes) / self.seconds


async def job(
    system: System, topics: Sequence[str], rate: float, producers: int = 1, give_up: float | None = None
) -> Made:
    """One change for each topic, `rate` a second altogether. Leaves the event loop to the sockets meanwhile."""
    started = await asyncio.to_thread(system.produce, list(topics), rate, producers, give_up)
    return Made(len(topics), rate, [Change(*change) for change in await asyncio.to_thread(started.result)])


@dataclass
class Seen:
    """What the sockets saw of some changes, in seconds."""

    from_due: list[float]
    from_commit: list[float]
    lost: int
    last: float
    """When the last frame came, in seconds since the epoch; 0 if none did."""


async def seen(sockets: Sequence[load.Socket], changes: Sequence[Change], seconds: float = 10.0) -> Seen:
    """Every change at every socket of its topic. Lost are those of which neither they nor a later one came within `seconds`."""
    newest: dict[str, int] = {}
    for change in changes:
        newest[change.topic] = max(change.number, newest.get(change.topic, 0))
    end = time.monotonic() + seconds
    waiting = [s for s in sockets if s.topic in newest]
    while waiting and time.monotonic() < end:
        waiting = [s for s in waiting if max(s.changes(), default=0) < newest[s.topic]]
        await asyncio.sleep(0.1)
    by_topic: dict[str, list[dict[int, float]]] = {}
    for socket in sockets:
        by_topic.setdefault(socket.topic, []).append(socket.changes())
    found = Seen([], [], 0, 0.0)
    for change in changes:
        for frames in by_topic.get(change.topic, ()):
            at = min((when for number, when in frames.items() if number >= change.number), default=None)
            if at is None:
                found.lost += 1
            else:
                found.from_due.append(at - change.due)
                found.from_commit.append(at - change.before)
                found.last = max(found.last, at)
    return found
