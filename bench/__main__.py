"""`make bench`: every figure, beside its peers, in one run. See `bench/README.md`.

Each part is a process of its own on servers of its own, which are started for it and removed after it.
"""

import argparse
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from bench import kit, plots
from bench.report import pages
from bench.report.__main__ import show


def parts(quick: bool) -> dict[str, Callable[[], Any]]:
    """What is measured, in order."""
    form = ("--quick",) if quick else ()
    few = ("--systems", "doorbell,floor,tutorialtuned", "--only", "idle,loaded") if quick else ()
    found: dict[str, Callable[[], Any]] = {
        "latency_valkey": lambda: kit.measure("bench.live", *form, *few),
        "handled": lambda: handled(quick),
        "throughput_valkey": lambda: kit.measure("bench.throughput", *form),
        "shop": lambda: kit.measure("bench.shop", *form),
        "growth": lambda: kit.measure("bench.growth", *form),
    }
    if not quick:
        found["stages"] = lambda: kit.measure("bench.live", "--only", "stages", "--systems", "doorbell,floortask")
    if kit.rabbitmq_is_there() and not quick:
        latency = ("--only", "idle", "--systems", "doorbell,floor")
        found["latency_rabbitmq"] = lambda: kit.measure("bench.live", *latency, broker="rabbitmq")
        same = ("--only", "one an order,bare Celery")
        found["throughput_rabbitmq"] = lambda: kit.measure("bench.throughput", *same, broker="rabbitmq")
    return found


def handled(quick: bool) -> dict[str, Any]:
    """Commit → handled, on each broker; and what recording an event costs."""
    found = {"Valkey": kit.measure("bench.backbone", "--quick")}
    if kit.rabbitmq_is_there() and not quick:
        found["RabbitMQ"] = kit.measure("bench.backbone", "--quick", "--only", "idle", broker="rabbitmq")
    return found


def main() -> None:
    """Measure, write, print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--quick", action="store_true", help="a few minutes instead of twenty; for a first look")
    parser.add_argument("--only", default="", help="of the parts, to look at some; then nothing is written")
    parser.add_argument("--out", type=Path, default=kit.ROOT / "var" / "bench" / "run.json")
    args = parser.parse_args()
    started = time.monotonic()
    os.sync()  # what installing left to be written would be written beside the first part's commits
    found: dict[str, Any] = {
        "command": "make bench-quick" if args.quick else "make bench",
        "at": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        "where": kit.where(),
    }
    took: dict[str, float] = {}
    broken: list[str] = []
    for name, part in parts(args.quick).items():
        if args.only and name not in args.only.split(","):
            continue
        kit.say(f"{name}:")
        before = time.monotonic()
        try:
            found[name] = part()
        except SystemExit as problem:  # the other parts are worth their minutes
            kit.say(f"{name}: {problem}")
            broken.append(name)
        took[name] = round(time.monotonic() - before, 1)
        kit.say(f"{name}: {took[name]:.0f} s")
    found["seconds"] = took | {"all": round(time.monotonic() - started, 1)}
    if args.only:
        print(pages.dumped(found))
        return
    args.out.parent.mkdir(parents=True, exist_ok=True)
    args.out.write_text(pages.dumped(found))
    plots.write(found, args.out.with_suffix(""))
    show(found)
    print(f"{found['seconds']['all'] / 60:.1f} minutes; written to {args.out}, plots beside it.", file=sys.stderr)
    if broken:
        raise SystemExit(f"bench: broken off, and not in the tables: {', '.join(broken)}")


if __name__ == "__main__":
    main()
