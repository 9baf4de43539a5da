"""The shop under a steady load for an hour, and what memory each of its processes has meanwhile: `make bench-hour`, `MINUTES=10` for a short form.

Shoppers buy, browsers watch, staff move their orders (`manage.py simulate`), and readers go round the catalogue. Memory is what a process has for
itself (USS) after each wave of orders, when no browser is there. A line is fitted to the last two thirds: its slope is what would be a leak.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import httpx
import psutil

from bench import kit
from bench.shop.systems import Doorbell

RATE = 1.0  # orders a second, each of which moves five times and is watched
WAVE = 30  # orders that are placed, watched and delivered before the next look


def uss(process: psutil.Process) -> float:
    """MiB that nobody else holds, of a process and its children."""
    family = [process, *process.children(recursive=True)]
    return sum(p.memory_full_info().uss for p in family) / 2**20


def slope(times: list[float], values: list[float]) -> float:
    """MiB an hour, by least squares."""
    return statistics.linear_regression(times, values).slope * 3600


def main() -> None:
    """The figures, as JSON."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--minutes", type=float, default=float(os.environ.get("MINUTES") or 60))
    args = parser.parse_args()
    shop = Doorbell(EMAIL_URL="dummymail://", DEMO="1")
    report = Path(tempfile.mkdtemp(prefix="doorbell-bench-hour-")) / "simulation.json"
    found: dict[str, Any] = {
        "commit": kit.where()["commit"],
        "minutes": args.minutes,
        "orders_per_second": RATE,
        "processes": {},
    }
    try:
        shop.start()
        names = ("live worker", "worker", "relay", "web")
        processes = {name: psutil.Process(p.pid) for name, p in zip(names, shop.running, strict=True)}
        # Its browsers stay until its end, a socket for each order: so it comes in waves, and memory is looked at between them.
        rate = ("--rate", str(RATE), "--pace", "1")
        simulation = [sys.executable, "manage.py", "simulate", *rate, "--json", str(report)]
        started = time.monotonic()
        times: list[float] = []
        shown: list[float] = []
        seen: dict[str, list[float]] = {name: [] for name in processes}
        n = 0
        with httpx.Client(base_url=shop.base) as reader:
            while time.monotonic() - started < args.minutes * 60:
                load = subprocess.Popen(
                    [*simulation, "--orders", str(WAVE), "--seed", str(len(times))],
                    cwd=kit.ROOT,
                    env=os.environ | shop.environment,
                    stdout=subprocess.DEVNULL,
                )
                while load.poll() is None:  # five pages a second
                    reader.get(shop.products[n % len(shop.products)] if n % 5 else "/products/").raise_for_status()
                    n += 1
                    time.sleep(0.2)
                time.sleep(2)
                shown += [ms / 1000 for ms in json.loads(report.read_text())["browser"]]
                times.append(time.monotonic() - started)
                for name, process in processes.items():
                    seen[name].append(round(uss(process), 2))
                kit.say(f"  {times[-1] / 60:.1f} min:", {name: values[-1] for name, values in seen.items()})
        steady = len(times) // 3
        found["pages_read"] = n
        for name, values in seen.items():
            found["processes"][name] = {
                "first_mib": values[0],
                "steady_mib": statistics.median(values[steady:]),
                "last_mib": values[-1],
                "mib_per_hour": round(slope(times[steady:], values[steady:]), 2),
                "samples": values,
            }
        found["browser_ms"] = kit.quantiles(shown)
    finally:
        shop.stop()
    print(json.dumps(found))


if __name__ == "__main__":
    main()
