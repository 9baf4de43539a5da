"""What a system carries for a minute, and latencies at shares of that.

The load is an open loop: it does not wait for the system.

A rate counts as carried if the changes were made at it, no frame was lost, and all that follows – the last frame, and
of ours the mails and the stock, too – was over soon after the last change. What is put off is not carried.
"""

import asyncio
import itertools
import math
import time
from collections.abc import Iterator
from typing import Any

from bench import figures, kit
from bench.figures import curve, quantiles
from bench.live import load
from bench.live.changes import Made
from bench.live.peers import Tutorial, TutorialTuned
from bench.live.systems import Doorbell, System
from bench.live.watching import Seen, job, seen

SHARES = {"half of its own": 0.5, "nine tenths of its own": 0.9}
THEIR_HALF = "half of the tutorials'"
UNWATCHED = 2
"""Orders that nobody watches, for each that a browser watches. Watching costs: all parts have the same mix."""
PRODUCERS = 2
GIVE_UP = 3.0
"""Seconds that the load may be late before a trial of a rate is over: it is not carried."""
STEP, NEAR = 1.3, 1.15
"""Trials go up or down by the one until a rate is carried and the next is not, and then between the two until they are
that near.
"""
TRIALS = 10
HOLD_AT = (0.97, 0.9, 0.8)
"""Of the highest rate that was carried in a short trial: what is tried for the long time, until one is carried."""


class Round:
    """Topics in turns. Each is changed by the same producer always, and an order no further than its life goes."""

    def __init__(self, system: System, topics: list[str]) -> None:
        self.system = system
        self.topics = topics[: len(topics) // PRODUCERS * PRODUCERS]
        self.left: Iterator[str] = iter(())

    async def take(self, count: int) -> list[str]:
        """So many topics for a job, from the first on; orders are set back to their beginning.

        Each producer gets the same number, so there may be one more.
        """
        count = -(-count // PRODUCERS) * PRODUCERS
        if count > len(self.topics) * self.system.changes_of_one:
            raise SystemExit(f"bench: {len(self.topics)} topics are too few for {count} changes")
        await asyncio.to_thread(self.system.begin_again, self.topics)
        return list(itertools.islice(itertools.cycle(self.topics), count))


async def trial(
    system: System, sockets: list[load.Socket], topics: list[str], rate: float, give_up: float | None
) -> tuple[Made, Seen, float]:
    """Change these topics at this rate; and the seconds from the last change until everything that follows is over."""
    made = await job(system, topics, rate, PRODUCERS, give_up)
    last = max(change.after for change in made.changes)
    found = await seen(sockets, made.changes, 60.0)
    frames_behind = max(0.0, found.last - last)
    await asyncio.to_thread(system.finish)
    work_behind = time.time() - last if system.follows_up else 0.0
    return made, found, max(frames_behind, work_behind)


async def carried(
    system: System, sockets: list[load.Socket], topics: Round, rate: float, seconds: float
) -> dict[str, Any]:
    """Try a rate for so many seconds."""
    wanted = await topics.take(int(rate * seconds))
    made, found, behind = await trial(system, sockets, wanted, rate, GIVE_UP)
    tried = {
        "asked_per_second": round(rate, 1),
        "changes_per_second": round(made.achieved, 1),
        "seconds": round(made.seconds, 1),
        "behind_seconds": round(behind, 2),
        "lost": found.lost,
        "carried": len(made.changes) == made.asked
        and figures.carried(rate, made.achieved, found.lost, behind, made.seconds),
    }
    kit.say(f"  {system.title}: {tried}")
    return tried


async def capacity(system: System, sockets: list[load.Socket], topics: Round, size: dict[str, Any]) -> dict[str, Any]:
    """Short trials find the rate, up or down from a guess; a long one confirms it, or one a little below it."""
    await trial(system, sockets, await topics.take(100), 40, None)  # warm
    made, _, behind = await trial(system, sockets, await topics.take(size["burst"]), 1e6, None)
    burst = len(made.changes) / (made.seconds + behind)
    kit.say(f"  {system.title}: {burst:.0f}/s in a burst")
    tried: list[dict[str, Any]] = []
    found, too_much, rate = 0.0, 0.0, 0.8 * burst
    while len(tried) < TRIALS and not (found and too_much and too_much < NEAR * found):
        tried.append(await carried(system, sockets, topics, rate, size["trial"]))
        if tried[-1]["carried"]:
            found = rate
        else:
            too_much = rate
        rate = math.sqrt(found * too_much) if found and too_much else rate * STEP if found else rate / STEP
    for share in HOLD_AT if found else ():
        tried.append(await carried(system, sockets, topics, share * found, size["hold"]))
        if tried[-1]["carried"]:
            held = {"carries_per_second": tried[-1]["asked_per_second"], "held_seconds": tried[-1]["seconds"]}
            return held | {"burst_per_second": round(burst, 1), "tried": tried}
    return {"carries_per_second": None, "burst_per_second": round(burst, 1), "tried": tried}


async def loaded(system: System, size: dict[str, Any], also: dict[str, float], wanted: str) -> dict[str, Any]:
    """The rate that it carries, and latencies at the wanted shares of that and at the rates in `also`."""
    watched = await asyncio.to_thread(system.topics, size["orders"] // (1 + UNWATCHED))
    sockets = await load.connect_all(system.dialect, watched)
    others = iter(await asyncio.to_thread(system.unwatched, UNWATCHED * len(watched)))
    topics = Round(system, [topic for one in watched for topic in (one, *itertools.islice(others, UNWATCHED))])
    found = await capacity(system, sockets, topics, size)
    found |= {"sockets": len(watched), "at": {}}
    shares = {name: SHARES[name] for name in wanted.split(",") if name and found["carries_per_second"]}
    rates = also | {name: found["carries_per_second"] * share for name, share in shares.items()}
    for name, rate in rates.items():
        took: list[float] = []
        made_of_all: list[Made] = []
        lost, behind = 0, 0.0
        left = max(size["samples"] * (1 + UNWATCHED), int(rate * size["share_seconds"]))
        while left > 0:  # an order has but so many changes
            names = await topics.take(min(left, len(topics.topics) * system.changes_of_one))
            left -= len(names)
            made, frames, late = await trial(system, sockets, names, rate, None)
            made_of_all.append(made)
            took += frames.from_due
            lost += frames.lost
            behind = max(behind, late)
        found["at"][name] = {
            "asked_per_second": round(rate, 1),
            "changes_per_second": round(min(made.achieved for made in made_of_all), 1),
            "lost": lost,
            "behind_seconds": round(behind, 2),
            "seconds": round(min(made.seconds for made in made_of_all), 1),
            **quantiles(took),
            "curve": curve(took),
        }
        kit.say(f"  {system.title} at {name}: {quantiles(took)}")
    await load.close_all(sockets)
    return found


async def all_loaded(systems: list[System], size: dict[str, Any], shares: str) -> dict[str, Any]:
    """Each by itself. The tutorials' pipeline comes first: ours is asked for half of what that carries as well."""
    found: dict[str, Any] = {}
    also: dict[str, float] = {}
    for system in sorted(systems, key=lambda s: not isinstance(s, Tutorial)):
        found[system.title] = await loaded(system, size, also if isinstance(system, Doorbell) else {}, shares)
        if isinstance(system, TutorialTuned) and (carries := found[system.title]["carries_per_second"]):
            also = {THEIR_HALF: carries / 2}
    return {system.title: found[system.title] for system in systems}
