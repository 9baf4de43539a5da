"""Commit → browser, one change at a time; and where the milliseconds of it go."""

import asyncio
import statistics
from typing import Any

from bench import kit
from bench.figures import curve, quantiles, spread
from bench.live import load, stages
from bench.live.changes import Change, Made
from bench.live.systems import System
from bench.live.watching import Seen, job, seen

PAUSE = 0.03  # seconds between two changes
ONCE = ("Uvicorn", "FloorTask", "Tutorial", "SocketIO", "Nchan")
"""Measured in the first round only, with enough changes for a p95: no target divides by their p99."""


async def one(system: System, count: int) -> tuple[Made, Seen, list[load.Socket]]:
    """So many changes 30 ms apart, a socket for each topic; the sockets are closed in the end."""
    topics = await asyncio.to_thread(system.topics, 10 + count // 4)
    sockets = await load.connect_all(system.dialect, topics)
    await asyncio.sleep(0.3)
    warm = await job(system, topics[:10], 50)
    watched = topics[10:]
    made = await job(system, [watched[n % len(watched)] for n in range(count)], 1 / PAUSE)
    await seen(sockets, warm.changes)
    found = await seen(sockets, made.changes)
    assert not found.lost, f"{system.name}: {found.lost} lost"
    await load.close_all(sockets)
    return made, found, sockets


async def all_idle(systems: list[System], count: int, rounds: int) -> dict[str, Any]:
    """All systems in turns: a slow minute of the machine is everybody's. The quantiles are of all rounds together."""
    made: dict[str, list[Made]] = {system.title: [] for system in systems}
    found: dict[str, list[Seen]] = {system.title: [] for system in systems}
    for n in range(rounds):
        for system in systems:
            once = type(system).__name__ in ONCE
            if n and once:
                continue
            changes, frames, _ = await one(system, max(100, count // 3) if once else count)
            made[system.title].append(changes)
            found[system.title].append(frames)
            kit.say(f"  {system.title} idle: {quantiles(frames.from_commit)}")
    return {system.title: _row(made[system.title], found[system.title]) for system in systems}


def _row(made: list[Made], found: list[Seen]) -> dict[str, Any]:
    every = [value for frames in found for value in frames.from_commit]
    due = quantiles([value for frames in found for value in frames.from_due])
    return {
        "asked_per_second": round(1 / PAUSE, 1),
        "changes_per_second": round(min(one.achieved for one in made), 1),
        "lost": sum(frames.lost for frames in found),
        **quantiles(every),
        "p50_of_rounds": spread([1000 * statistics.median(frames.from_commit) for frames in found], 2),
        "from_due": due,
        "curve": curve(every),
    }


async def all_stages(systems: list[System], count: int) -> dict[str, Any]:
    """The same once more, with notes of where a change is: the median milliseconds of each stage, over two rounds."""
    changes: dict[str, list[Change]] = {system.title: [] for system in systems}
    frames: dict[str, dict[stages.Key, float]] = {system.title: {} for system in systems}
    for _ in range(2):
        for system in systems:
            made, _, sockets = await one(system, count)
            changes[system.title] += made.changes
            frames[system.title] |= {(s.topic, n): at for s in sockets for n, at in s.changes().items()}
    return {title: stages.read(changes[title], frames[title]) for title in changes}
