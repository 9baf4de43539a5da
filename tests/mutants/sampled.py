"""`make mutants-sampled`: generated faults in events/ and orders/, a sample of them, and the share that the tests find.

cosmic-ray lists every small change of the code (another operator, another number, a condition turned round, a decorator
taken away) and makes it in a copy of the repository. The tests of the same room run against it. A fault that they find
is killed. The seed and the number of faults are arguments, so that a run can be repeated.

    python -m tests.mutants.sampled [--count 60] [--seed 1] [--rooms events,orders]
"""

import argparse
import json
import random
import subprocess
import sys
import time
from pathlib import Path

from cosmic_ray.ast import ast_nodes, get_ast_from_path
from cosmic_ray.mutating import apply_mutation
from cosmic_ray.plugins import get_operator, operator_names

from tests.mutants.__main__ import copy

ROOT = Path(__file__).resolve().parents[2]
IN_PROCESS = "not browser and not processes and not alone"
SECONDS = 240  # for the tests of one fault; a fault that makes them hang is noticed, too

TESTS = {
    "events/emission.py": (
        "tests/events/delivery/test_outbox.py",
        "tests/orders/test_lifecycle.py",
        "tests/events/live/test_reading.py",
    ),
    "events/models.py": ("tests/events/delivery", "tests/events/log"),
    "events/log": (
        "tests/events/log",
        "tests/events/operations/test_rotation.py",
        "tests/events/operations/test_schemas.py",
    ),
    "events/db": ("tests/events/db", "tests/shop/cart", "tests/shop/lib/test_threads.py"),
    "events/delivery": ("tests/events/delivery", "tests/events/operations/test_commands.py"),
    "events/live": ("tests/events/live",),
    "events/operations": ("tests/events/operations", "tests/events/delivery/test_relay.py", "tests/orders/board"),
    "events/lib": ("tests/events/lib", "tests/shop/lib/test_tracing.py", "tests/test_private_apis.py"),
    "events/management": ("tests/events/operations/test_commands.py",),
    "events/admin.py": ("tests/orders/test_admin.py",),
    "orders/payments": ("tests/orders/payments", "tests/orders/test_reactions.py"),
    "orders/notifications": ("tests/orders/notifications", "tests/orders/test_reactions.py"),
    "orders/board": ("tests/orders/board",),
    "orders/periodic_tasks.py": ("tests/shop/test_keeping_house.py",),
    "orders": ("tests/orders",),
}
"""Folder or file → the tests that must find a fault in it. The longest name that fits counts."""

LEFT_OUT = ("migrations/", "__init__.py", "apps.py", "translation.py")


def tests_of(path: str) -> tuple[str, ...]:
    """The tests for a file of the code."""
    return TESTS[max((name for name in TESTS if path.startswith(name)), key=len)]


def candidates(rooms: list[str]) -> list[tuple[str, str, int]]:
    """(file, operator, occurrence) of every fault that cosmic-ray can make."""
    found = []
    names = sorted(name for name in operator_names() if "Variable" not in name)  # those want arguments
    for path in sorted(path for room in rooms for path in (ROOT / room).rglob("*.py")):
        name = str(path.relative_to(ROOT))
        if any(part in name for part in LEFT_OUT):
            continue
        nodes = list(ast_nodes(get_ast_from_path(path)))
        for operator_name in names:
            operator = get_operator(operator_name)()
            count = sum(len(list(operator.mutation_positions(node))) for node in nodes)
            found += [(name, operator_name, number) for number in range(count)]
    return found


def noticed(folder: Path, path: str) -> bool:
    """Whether the tests of the file fail in that copy."""
    existing = [name for name in tests_of(path) if (folder / name).exists()]
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-x",
        "-p",
        "no:randomly",
        "-p",
        "no:cacheprovider",
        "-m",
        IN_PROCESS,
    ]
    try:
        return (
            subprocess.run(
                [*command, *existing], cwd=folder, timeout=SECONDS, capture_output=True, check=False
            ).returncode
            != 0
        )
    except subprocess.TimeoutExpired:
        return True


def main() -> int:
    """Print the score, and each survivor with its change. Exit code 0: a sample is a measurement, not a gate."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=60)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--rooms", default="events,orders")
    options = parser.parse_args()
    every = candidates(options.rooms.split(","))
    sample = random.Random(options.seed).sample(every, min(options.count, len(every)))
    survivors, killed, invalid = [], 0, 0
    started = time.monotonic()
    with copy() as folder:
        for number, (path, operator, occurrence) in enumerate(sorted(sample), start=1):
            target = folder / path
            before = target.read_text()
            try:
                apply_mutation(target, get_operator(operator)(), occurrence)
                change = diff(before, target.read_text())
                if not compiles(target.read_text()):
                    invalid += 1  # no fault of the tests' to find: every import fails
                    continue
                dead = noticed(folder, path)
            finally:
                target.write_text(before)
            killed += dead
            print(
                f"{number:3}/{len(sample)} {'killed  ' if dead else 'SURVIVED'} {path} {operator} {occurrence}",
                flush=True,
            )
            if not dead:
                survivors.append({"file": path, "operator": operator, "occurrence": occurrence, "change": change})
                print(change, flush=True)
    tried = len(sample) - invalid
    report = {
        "of": len(every),
        "sampled": len(sample),
        "invalid": invalid,
        "killed": killed,
        "seed": options.seed,
        "survivors": survivors,
    }
    (ROOT / "var").mkdir(exist_ok=True)
    (ROOT / "var" / "mutants-sampled.json").write_text(json.dumps(report, indent=1))
    print(
        f"{killed} of {tried} killed ({killed / max(1, tried):.0%}), {invalid} that are no Python left out, "
        f"of {len(every)} possible faults; "
        f"seed {options.seed}, {time.monotonic() - started:.0f} s"
    )
    return 0


def compiles(text: str) -> bool:
    """Whether the text is Python."""
    try:
        compile(text, "mutant", "exec")
    except SyntaxError:
        return False
    return True


def diff(before: str, after: str) -> str:
    """The changed lines."""
    import difflib

    lines = difflib.unified_diff(before.splitlines(), after.splitlines(), lineterm="", n=0)
    return "\n".join(line for line in lines if not line.startswith(("---", "+++", "@@")))


if __name__ == "__main__":
    sys.exit(main())
