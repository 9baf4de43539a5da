"""How good is the promised range? `python -m bench.delivery_ranges LOG.csv[.gz]` tries it on a real log of deliveries.

Each order of the log is promised a range from what the other half of the log took to the same state: measured (p50–p90
in working days), static (one range for all, as a delivery method's row has it), and what the log's own shop promised.
Printed for each: how many orders came by its last day, how many within it, and how wide it was.
"""

import argparse
import csv
import gzip
import json
import os
import statistics
import sys
from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from pathlib import Path

LEAST, MOST = 7, 14
"""Working days of the static promise: what a shop of that country would write into its method's row."""


def deliveries(path: Path) -> Iterator[tuple[str, date, date, date]]:
    """State, and the days of purchase, delivery and the shop's own promise, of each order that arrived."""
    with gzip.open(path, "rt", newline="") if path.suffix == ".gz" else path.open(newline="") as file:
        for row in csv.DictReader(file):
            if row["delivered"]:
                days = (date.fromisoformat(row[name][:10]) for name in ("purchased", "delivered", "estimated"))
                yield (row["state"], *days)  # type: ignore[misc]


def figures(promises: Iterable[tuple[date, date, date]]) -> dict[str, float]:
    """Of (first, last, delivered): shares in percent, and the median width in days."""
    rows = list(promises)
    return {
        "orders": len(rows),
        "by_its_last_day": round(100 * sum(came <= last for _first, last, came in rows) / len(rows), 1),
        "within_it": round(100 * sum(first <= came <= last for first, last, came in rows) / len(rows), 1),
        "median_days_wide": statistics.median((last - first).days for first, last, _came in rows),
        "median_days_to_its_last": statistics.median((last - came).days for _first, last, came in rows),
    }


def main() -> int:
    """Print the figures as JSON."""
    parser = argparse.ArgumentParser()
    parser.add_argument("log", type=Path)
    parser.add_argument("--country", default="BR")
    args = parser.parse_args()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "shop.settings")
    os.environ.setdefault("COUNTRY", args.country)
    import django

    django.setup()
    from orders.shipping import estimate

    rows = list(deliveries(args.log))
    took: tuple[dict[str, list[int]], ...] = (defaultdict(list), defaultdict(list))
    for n, (state, bought, came, _promised) in enumerate(rows):
        took[n % 2][state].append(estimate.between(bought, came, args.country))
    measured, static, theirs = [], [], []
    for n, (state, bought, came, promised) in enumerate(rows):
        others = sorted(took[1 - n % 2][state])
        if len(others) < estimate.ENOUGH:
            others = sorted(days for known in took[1 - n % 2].values() for days in known)
        days = [estimate.after(bought, estimate.ranked(others, share), args.country) for share in (0.5, 0.9)]
        measured.append((days[0], days[1], came))
        static.append((estimate.after(bought, LEAST, args.country), estimate.after(bought, MOST, args.country), came))
        theirs.append((bought + timedelta(days=1), promised, came))
    print(
        json.dumps(
            {
                "measured": figures(measured),
                f"static, {LEAST}–{MOST} working days": figures(static),
                "the log's shop": figures(theirs),
            },
            indent=1,
            ensure_ascii=False,
        )
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
