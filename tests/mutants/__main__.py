"""`python -m tests.mutants [NAME…] [--jobs N]`: plant each fault in a copy of the project, and see whether its tests
fail.

Exit code 1 if a fault survived, or could not be planted or tested.
"""

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path
from time import monotonic

from rich.console import Console
from rich.table import Table

from tests.mutants import patches
from tests.mutants.patches import ROOT, Mutant
from tests.support.servers import postgres

LIMIT = 900  # seconds for the tests of one mutant
KILLED, SURVIVED = "killed", "survived"


def main() -> int:
    """Run what is named, by the beginnings of names; by default every mutant."""
    parser = argparse.ArgumentParser(prog="python -m tests.mutants", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help="beginning of a mutant's name, such as 07")
    parser.add_argument("--jobs", type=int, default=1, help="mutants at once (default 1)")
    parser.add_argument("--list", action="store_true", help="say what there is, and run nothing")
    chosen = parser.parse_args()
    mutants = [m for m in patches.every() if not chosen.names or m.name.startswith(tuple(chosen.names))]
    if not mutants:
        parser.error("there is no mutant of that name")
    console = Console()
    if chosen.list:
        for mutant in mutants:
            console.print(f"{mutant.name}: {mutant.breaks}", highlight=False)
        return 0
    with ExitStack() as stack:
        environment = dict(os.environ)
        if any(m.database == "postgresql" for m in mutants):
            environment["MUTANTS_POSTGRES"] = stack.enter_context(postgres())
        pool = stack.enter_context(ThreadPoolExecutor(max(1, chosen.jobs)))
        outcomes = {}
        for mutant, (outcome, seconds) in zip(mutants, pool.map(lambda m: run(m, environment), mutants), strict=True):
            outcomes[mutant.name] = outcome
            console.print(f"{outcome:14} {seconds:6.1f} s  {mutant.name}", highlight=False, soft_wrap=True)
    return report(console, mutants, outcomes)


def report(console: Console, mutants: Sequence[Mutant], outcomes: dict[str, str]) -> int:
    """The count, and what was not killed. Returns the exit code."""
    table = Table("outcome", "mutants")
    for outcome, count in Counter(outcomes.values()).most_common():
        table.add_row(outcome, str(count))
    console.print(table)
    for mutant in mutants:
        if outcomes[mutant.name] != KILLED:
            console.print(f"{outcomes[mutant.name]}: {mutant.name} – {mutant.breaks}", highlight=False, soft_wrap=True)
    return int(any(outcome != KILLED for outcome in outcomes.values()))


def run(mutant: Mutant, environment: dict[str, str]) -> tuple[str, float]:
    """What became of one mutant, and how many seconds it took."""
    began = monotonic()
    with copy() as folder:
        try:
            patches.apply(mutant, folder)
        except patches.BadPatch:
            return "does not apply", monotonic() - began
        given = {name: value for name, value in environment.items() if name not in ("DATABASE_URL", "DATA_DIR")}
        if mutant.database == "postgresql":
            given["DATABASE_URL"] = environment["MUTANTS_POSTGRES"]
        try:
            # In a session of its own: what a test started ends with it, whatever the mutant did to its end.
            ended = subprocess.run(
                command(mutant), cwd=folder, env=given, capture_output=True, timeout=LIMIT, start_new_session=True
            )
        except subprocess.TimeoutExpired:
            return "took too long", monotonic() - began
    # 1 is a test that failed; other codes are of a run that could not begin.
    outcome = {0: SURVIVED, 1: KILLED}.get(ended.returncode, f"did not run ({ended.returncode})")
    return outcome, monotonic() - began


def command(mutant: Mutant) -> list[str]:
    """The tests of a mutant."""
    if mutant.tests[0].endswith(".mjs"):
        return ["node", "--test", *mutant.tests]
    return [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", *mutant.tests]


@contextmanager
def copy() -> Iterator[Path]:
    """The files of the project that git knows or would add, as they are now, in a folder of their own."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        check=True,
    )
    with tempfile.TemporaryDirectory(prefix="doorbell-mutant-") as made:
        folder = Path(made)
        for name in filter(None, listed.stdout.decode().split("\0")):
            if (ROOT / name).is_file() and not (ROOT / name).is_symlink():
                (folder / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(ROOT / name, folder / name)
        yield folder


if __name__ == "__main__":
    sys.exit(main())
