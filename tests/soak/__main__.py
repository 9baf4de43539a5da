"""`make soak`: three seeds on every backend, and one table.

Exit code 1 if anything was lost, doubled, out of order or left.
"""

import argparse
import json
import subprocess
import sys
from typing import Any

from rich.console import Console
from rich.table import Table

BACKENDS = [("sqlite", "valkey"), ("postgres", "valkey"), ("postgres", "rabbitmq")]
FIGURES = (
    *(
        "events",
        "effects",
        "rolled_back",
        "kills",
        "broker_restarts",
        "database_restarts",
        "dropped",
        "doubled_wake_ups",
    ),
    *("failures", "backlog", "retried", "lost", "doubled", "out_of_order", "uncommitted", "bad_signatures", "left"),
    *("chaos_seconds", "processing_seconds"),
)


def soak(database: str, broker: str, *options: str) -> tuple[int, dict[str, int]]:
    """Exit code and verdict of one soak, in a process of its own."""
    command = [sys.executable, "-m", "tests.soak.run", "--database", database, "--broker", broker, *options]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False)
    try:
        return done.returncode, json.loads(done.stdout.strip().splitlines()[-1])
    except (IndexError, ValueError):
        return done.returncode or 1, {}


def commerce(*options: str) -> tuple[int, dict[str, Any]]:
    """Exit code and verdict of one run of a whole shop, in a process of its own."""
    command = [sys.executable, "-m", "tests.soak.commerce", *options]
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
    console = Console(width=120)
    table = Table("", title="One column a soak")
    columns = []
    failed = 0
    for database, broker in BACKENDS:
        for seed in args.seeds:
            console.print(f"{database} + {broker}, seed {seed} …")
            code, row = soak(database, broker, "--seed", str(seed), "--events", args.events, "--kills", args.kills)
            failed += code != 0
            table.add_column(f"{database}\n{broker}\nseed {seed}", justify="right")
            columns.append([*(str(row.get(name, "?")) for name in FIGURES), "FAILED" if code else "ok"])
    for cells in zip([*(name.replace("_", " ") for name in FIGURES), "verdict"], *columns, strict=True):
        table.add_row(*cells)
    console.print(table)
    for seed in args.seeds:
        console.print(f"a whole shop, seed {seed} …")
        code, row = commerce("--seed", str(seed), "--orders", "300", "--patience", "600")
        failed += code != 0
        console.print(json.dumps(row))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
