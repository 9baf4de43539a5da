"""Changes that are made and seen: what the parts of the live benchmark share."""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass

from bench.live import load
from bench.live.changes import Change, Made
from bench.live.systems import System


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
    """Every change at every socket of its topic.

    Lost are those of which neither they nor a later one came within `seconds`.
    """
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
