"""The shop under a steady load for an hour, and what memory each of its processes has meanwhile: `make bench-hour`,
`MINUTES=10` for a short form.

Shoppers buy, browsers watch, staff move their orders (`manage.py simulate`), and readers go round the catalogue. Memory
is what a process has for itself (USS) after each wave of orders, when no browser is there. Lines are fitted to the last
two thirds and to the last half: a leak is a slope that stays.
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
from bench.figures import quantiles
from bench.shop.systems import Doorbell

RATE = 1.0  # orders a second, each of which moves five times and is watched
WAVE = 30  # orders that are placed, watched and delivered before the next look


def uss(process: psutil.Process) -> float:
    """MiB that nobody else holds, of a process and its children."""
    family = [process, *process.children(recursive=True)]
    return sum(p.memory_full_info().uss for p in family) / 2**20


def slope(times: list[float], values: list[float], start: float) -> float:
    """MiB an hour, by least squares, of the values from this share of them on."""
    first = int(len(times) * start)
    return round(statistics.linear_regression(times[first:], values[first:]).slope * 3600, 2)


def summary(times: list[float], values: list[float]) -> dict[str, Any]:
    """What a process had, and whether it grows."""
    return {
        "first_mib": values[0],
        "steady_mib": round(statistics.median(values[len(values) // 3 :]), 2),
        "last_mib": values[-1],
        "mib_per_hour": slope(times, values, 1 / 3),
        "mib_per_hour_at_last": slope(times, values, 1 / 2),
        "samples": values,
    }


def busy() -> float:
    """How many processes wanted a core in the last minutes, this load's own among them: says whether something ran
    beside it.
    """
    return round(os.getloadavg()[2], 1)


def main() -> None:
    """The figures, as JSON."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--minutes", type=float, default=float(os.environ.get("MINUTES") or 60))
    args = parser.parse_args()
    shop = Doorbell(EMAIL_URL="dummymail://", DEMO="1")
    report = Path(tempfile.mkdtemp(prefix="hour-", dir=os.environ["DATA_DIR"])) / "simulation.json"
    found: dict[str, Any] = {
        "at": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        "where": kit.where(),
        "minutes": args.minutes,
        "orders_per_second": RATE,
    }
    try:
        shop.start()
        names = ("live worker", "worker", "relay", "web")
        processes = {name: psutil.Process(p.pid) for name, p in zip(names, shop.running, strict=True)}
        # Its browsers stay until its end, a socket for each order: so it comes in waves, and memory is looked at
        # between them.
        rate = ("--rate", str(RATE), "--pace", "1")
        simulation = [sys.executable, "manage.py", "simulate", *rate, "--json", str(report)]
        started = time.monotonic()
        times: list[float] = []
        loads: list[float] = []
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
                loads.append(busy())
                for name, process in processes.items():
                    seen[name].append(round(uss(process), 2))
                kit.say(f"  {times[-1] / 60:.1f} min:", {name: values[-1] for name, values in seen.items()})
        found |= {
            "pages_read": n,
            "load_average": [min(loads), max(loads)],
            "processes": {name: summary(times, values) for name, values in seen.items()},
            "browser_ms": quantiles(shown),
        }
    finally:
        shop.stop()
    print(json.dumps(found))


if __name__ == "__main__":
    main()
