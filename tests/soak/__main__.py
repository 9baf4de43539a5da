"""`make soak`: three seeds on every backend, and one table. Exit code 1 if anything was lost, doubled, out of order or left."""

import argparse
import json
import subprocess
import sys

from rich.console import Console
from rich.table import Table

BACKENDS = [("sqlite", "valkey"), ("postgres", "valkey"), ("postgres", "rabbitmq")]
COLUMNS = [
    "events",
    "effects",
    "rolled_back",
    "kills",
    "broker_restarts",
    "database_restarts",
    "dropped",
    "doubled_hints",
]
COLUMNS += ["failures", "backlog", "unparked", "lost", "doubled", "out_of_order", "uncommitted", "left", "ended"]


def soak(database: str, broker: str, *options: str) -> tuple[int, dict[str, int]]:
    """Exit code and verdict of one soak, in a process of its own."""
    command = [sys.executable, "-m", "tests.soak.run", "--database", database, "--broker", broker, *options]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False)
    try:
        return done.returncode, json.loads(done.stdout.strip().splitlines()[-1])
    except (IndexError, ValueError):
        return done.returncode or 1, {}


def main() -> int:
    """0 if every soak passed."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--seeds", type=int, nargs="*", default=[1, 2, 3])
    parser.add_argument("--events", default="3000")
    parser.add_argument("--kills", default="100")
    args = parser.parse_args()
    console = Console(width=200)
    table = Table("backend", "seed", *(name.replace("_", " ") for name in COLUMNS), "s", "verdict")
    failed = 0
    for database, broker in BACKENDS:
        for seed in args.seeds:
            console.print(f"{database} + {broker}, seed {seed} …")
            code, row = soak(database, broker, "--seed", str(seed), "--events", args.events, "--kills", args.kills)
            failed += code != 0
            seconds = f"{row.get('chaos_seconds', 0) + row.get('drain_seconds', 0):.0f}"
            figures = [str(row.get(name, "?")) for name in COLUMNS]
            table.add_row(f"{database} + {broker}", str(seed), *figures, seconds, "FAILED" if code else "ok")
    console.print(table)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
