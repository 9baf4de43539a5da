"""`make bench`: every figure, beside its peers, in one run. See `bench/README.md`.

Each part is a process of its own on servers of its own, which are started for it and removed after it.
"""

import argparse
import json
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from bench import kit, plots, report


def parts(quick: bool) -> dict[str, Callable[[], Any]]:
    """What is measured, in order."""
    form = ("--quick",) if quick else ()
    few = ("--systems", "doorbell,floor,floortask,tutorial", "--loaded", "doorbell,tutorial") if quick else ()
    found: dict[str, Callable[[], Any]] = {
        "latency_valkey": lambda: kit.measure("bench.live", *form, *few),
        "handled": lambda: handled(quick),
        "throughput": lambda: kit.measure("bench.throughput", *form),
        "shop": lambda: kit.measure("bench.shop", *form),
        "growth": lambda: kit.measure("bench.growth", *form),
    }
    if not quick:
        found["stages"] = lambda: kit.measure("bench.live", "--only", "stages", "--systems", "doorbell,floortask")
    if kit.rabbitmq_is_there() and not quick:
        rabbit = ("--only", "idle,loaded", "--systems", "doorbell,floor", "--loaded", "doorbell")
        found["latency_rabbitmq"] = lambda: kit.measure("bench.live", *form, *rabbit, broker="rabbitmq")
    return found


def handled(quick: bool) -> dict[str, Any]:
    """Commit → handled, on each broker."""
    brokers = {"Valkey": "valkey"} | ({"RabbitMQ": "rabbitmq"} if kit.rabbitmq_is_there() and not quick else {})
    return {
        name: kit.measure("bench.backbone", "--quick", "--only", "idle,emit", broker=broker)
        for name, broker in brokers.items()
    }


def main() -> None:
    """Measure, write, print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--quick", action="store_true", help="three minutes instead of fifteen; for a first look")
    parser.add_argument("--only", default="", help="of the parts, to look at one; then nothing is written")
    parser.add_argument("--out", type=Path, default=kit.ROOT / "var" / "bench" / "run.json")
    parser.add_argument(
        "--again", type=Path, help="a run that is kept: measure the parts of --only anew, and say so in it"
    )
    args = parser.parse_args()
    started = time.monotonic()
    os.sync()  # what installing left to be written would be written beside the first part's commits
    found: dict[str, Any] = {
        "command": "make bench-quick" if args.quick else "make bench",
        "at": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        "where": kit.where(),
    }
    took: dict[str, float] = {}
    for name, part in parts(args.quick).items():
        if args.only and name not in args.only.split(","):
            continue
        kit.say(f"{name}:")
        before = time.monotonic()
        found[name] = part()
        took[name] = round(time.monotonic() - before, 1)
        kit.say(f"{name}: {took[name]:.0f} s")
    found["seconds"] = took | {"all": round(time.monotonic() - started, 1)}
    if args.again:
        kept = json.loads(args.again.read_text())
        for name in took:
            kept[name] = found[name]
            kept.setdefault("again", {})[name] = {"at": found["at"], "commit": found["where"]["commit"]}
        args.out, found = args.again, kept
    elif args.only:
        print(json.dumps(found, indent=1, ensure_ascii=False))
        return
    args.out.parent.mkdir(parents=True, exist_ok=True)
    args.out.write_text(json.dumps(found, indent=1, ensure_ascii=False) + "\n")
    plots.write(found, args.out.with_suffix(""))
    report.show(found)
    print(f"{found['seconds']['all'] / 60:.1f} minutes; written to {args.out}, plots beside it.", file=sys.stderr)


if __name__ == "__main__":
    main()
