"""What the live layer takes, and what others take for the same: prints JSON.

The environment comes from `python -m bench`.

An idle latency counts from before the COMMIT, one under load from the moment in which the change was due; each to the
moment at which the client's event loop was given the frame.
"""

import argparse
import json
import os
import resource
from collections.abc import Callable
from typing import Any

import uvloop

from bench import kit
from bench.live import beside, endurance, stages
from bench.live.fanout import ceiling, fan_out
from bench.live.idle import all_idle, all_stages
from bench.live.loaded import SHARES, all_loaded
from bench.live.peers import Floor, FloorTask, Nchan, SocketIO, Tutorial, TutorialTuned
from bench.live.systems import Doorbell, Missing, System, Uvicorn

SIZES = {
    False: {
        "idle": 340,
        "rounds": 3,
        "orders": 3000,
        "burst": 600,
        "trial": 5,
        "hold": 60,
        "samples": 1_020,
        "share_seconds": 10,
        "fanout": (5000,),
        "sockets": 2000,
        "seconds": 13,
        "crowds": 3,
        "cycles": 10_000,
        "storm": 3000,
    },
    True: {
        "idle": 100,
        "rounds": 2,
        "orders": 500,
        "burst": 200,
        "trial": 3,
        "hold": 5,
        "samples": 150,
        "share_seconds": 2,
        "fanout": (500,),
        "sockets": 500,
        "seconds": 6,
        "crowds": 1,
        "cycles": 1000,
        "storm": 500,
    },
}

KINDS: tuple[type[System], ...] = (Doorbell, Uvicorn, Floor, FloorTask, Tutorial, TutorialTuned, SocketIO, Nchan)
NAMES = tuple(kind.__name__.lower() for kind in KINDS)


def started(systems: list[System], wanted: list[str]) -> dict[str, str]:
    """Start those wanted that this machine has, into `systems`; the others by title, with what they lack."""
    missing: dict[str, str] = {}
    for kind in KINDS:
        if kind.__name__.lower() not in wanted:
            continue
        system = kind()
        systems.append(system)
        try:
            if isinstance(system, Uvicorn):
                # The workers and the relay of the first serve it, too.
                system.sessions = systems[0].sessions  # type: ignore[attr-defined]
                system.start_web()
            else:
                system.prepare()
        except Missing as problem:
            systems.remove(system)
            missing[system.title] = str(problem)
        else:
            kit.say(f"  {system.title} started")
    return missing


async def each(systems: list[System], part: Callable[[System], Any]) -> dict[str, Any]:
    """One after the other."""
    return {system.title: await part(system) for system in systems}


async def run(args: argparse.Namespace) -> dict[str, Any]:
    """The parts that were chosen, by name."""
    size: dict[str, Any] = SIZES[args.quick]
    systems: list[System] = []
    try:
        missing = started(systems, args.systems.split(","))
        named = {type(system).__name__.lower(): system for system in systems}
        ours: Any = named.get("doorbell")
        floor: Any = named.get("floor")

        def chosen(names: str) -> list[System]:
            return [named[name] for name in names.split(",") if name in named]

        parts: dict[str, Callable[[], Any]] = {
            "idle": lambda: all_idle(systems, size["idle"], size["rounds"]),
            "loaded": lambda: all_loaded(chosen(args.loaded), size, args.shares),
            "fanout": lambda: each(chosen("doorbell,floor,socketio,nchan"), lambda s: fan_out(s, size["fanout"])),
            "ceiling": lambda: ceiling(floor, size["fanout"][-1]),
            "stages": lambda: all_stages(systems, size["idle"] // 2),
            "crowd": lambda: each(
                systems, lambda s: endurance.crowd(s, size["sockets"], 200, size["seconds"], size["crowds"])
            ),
            "slow": lambda: endurance.beside_slow_queries(ours, 100),
            "hostile": lambda: beside.beside_hostile(ours, 100),
            "board": lambda: beside.board(ours, 10, 200),
            "stock": lambda: beside.stock(ours, size["sockets"] // 2),
            "churn": lambda: endurance.churn(ours, size["cycles"]),
            "storm": lambda: endurance.storm(ours, size["storm"]),
        }
        found: dict[str, Any] = {"missing": missing}
        for name, part in parts.items():
            if name in args.only.split(","):
                found[name] = await part()
        return found
    finally:
        kit.at_once(*(system.stop for system in systems))


def main() -> None:
    """Every figure, as JSON."""
    parts = "idle,loaded,fanout,ceiling"  # the longer form has crowd,slow,hostile,board,stock,churn,storm
    parser = argparse.ArgumentParser()
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--only", default=parts)
    parser.add_argument("--loaded", default="doorbell,tutorialtuned", help="systems for shares of what they carry")
    parser.add_argument("--shares", default=",".join(SHARES), help="of what each carries, at which latencies are taken")
    parser.add_argument("--systems", default=",".join(NAMES))
    args = parser.parse_args()
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"
    if "stages" in args.only.split(","):
        if args.only != "stages":
            parser.error("stages is measured by itself: noting would be in the other figures")
        os.environ[stages.FILE] = os.path.join(os.environ["DATA_DIR"], "stages")
    kit.site()
    print(json.dumps(uvloop.run(run(args))))


if __name__ == "__main__":
    main()
