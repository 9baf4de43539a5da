"""Two revisions of this repository side by side, in turns: `python -m bench.compare --base REV`.

It measures the working tree against REV by the quick form of the parts, A B A B, each with its own code and its own
bench. It prints, for each figure, how many times the base's cost it takes now, with the lowest and the highest round. A
figure is worse if its median is worse by more than the rounds differ among themselves; then the exit code is 1.
"""

import argparse
import hashlib
import json
import os
import re
import statistics
import subprocess
import sys
import venv
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Any

from bench import kit
from bench.report.cells import Table, number
from bench.report.names import FLOOR, OURS, SHOP, USUAL
from bench.report.reading import dig

HOME = kit.ROOT / "var" / "bench" / "compare"

PARTS: dict[str, tuple[str, ...]] = {
    "handled": ("bench.backbone", "--quick", "--only", "emit,idle"),
    "idle": ("bench.live", "--quick", "--only", "idle", "--systems", "doorbell,floor"),
    "loaded": (
        "bench.live",
        "--quick",
        "--only",
        "loaded",
        "--systems",
        "doorbell",
        "--loaded",
        "doorbell",
        "--shares",
        "",
    ),
    "fanout": ("bench.live", "--quick", "--only", "fanout", "--systems", "doorbell,floor"),
    "throughput": ("bench.throughput", "--quick", "--only", "one an order,five an order,batches,bare Celery"),
    "shop": ("bench.shop", "--quick", "--only", "alone,checkouts"),
    "growth": ("bench.growth", "--quick"),
}


@dataclass(frozen=True)
class Figure:
    """A number of a part's JSON; more of it is worse, unless it is a rate.

    With a `peer`, a ratio to the peer's in the same run.
    """

    part: str
    words: str
    path: tuple[str, ...]
    rate: bool = False
    peer: tuple[str, ...] = ()

    def read(self, found: dict[str, Any]) -> float | None:
        """What it is in one run of its part; `None` if that lacks it."""
        value = dig(found, *self.path)
        if value is None or not self.peer:
            return value
        beside = dig(found, *self.peer)
        return value / beside if beside else None


def _rows(name: str) -> tuple[str, ...]:
    return "rows", name, "median"


FIGURES = (
    Figure("handled", "an event recorded, ms", ("emit", "added_ms_median")),
    Figure("handled", "commit → handler, p50 ms", ("idle", "handler", "p50")),
    Figure("idle", "commit → browser, p50 ms", ("idle", OURS, "p50")),
    Figure("idle", "commit → browser, p50 ÷ floor", ("idle", OURS, "p50"), peer=("idle", FLOOR, "p50")),
    Figure("idle", "commit → browser, p95 ms", ("idle", OURS, "p95")),
    Figure("loaded", "changes carried, /s", ("loaded", OURS, "carries_per_second"), rate=True),
    Figure("fanout", "one change on 500 browsers, ms", ("fanout", OURS, "500", "last", "median")),
    Figure("throughput", "events, one an order, /s", _rows("one an order"), rate=True),
    Figure("throughput", "events, one an order ÷ bare Celery", _rows("one an order"), True, _rows("bare Celery")),
    Figure("throughput", "events, five an order, /s", _rows("five an order"), rate=True),
    Figure("throughput", "events, in batches, /s", _rows("batches"), rate=True),
    Figure("shop", "a purchase, p50 ms", ("alone", "shops", SHOP, "purchase", "p50")),
    Figure("shop", "orders, /s", ("alone", "shops", SHOP, "orders_per_second", "median"), rate=True),
    Figure("shop", "product pages, /s", ("alone", "shops", SHOP, "pages_per_second", "median"), rate=True),
    Figure("shop", "wait at checkout, p50 ms", ("checkouts", "paces", USUAL, "event-driven", "wait", "p50")),
)


def figures(part: str, found: dict[str, Any]) -> Iterator[tuple[Figure, float]]:
    """The named figures of a part, and each page and step of the growth part at its first and its last size."""
    for figure in FIGURES:
        if figure.part == part and (value := figure.read(found)) is not None:
            yield figure, value
    if part != "growth":
        return
    for things, rows in found.items():
        sizes = {row["rows"]: row for row in reversed(rows)}
        for size in (min(sizes), max(sizes)):
            for column, value in sizes[size].items():
                if column.endswith("_ms"):
                    words = f"{column.removesuffix('_ms').replace('_', ' ')} with {size:,} {things}, ms"
                    yield Figure(part, words, (things, str(size), column)), value


LEAST_NOISE = 0.03
LEAST_ROUNDS = 3


@dataclass(frozen=True)
class Judgement:
    """How many times the base's cost a figure has now: the median of the rounds, the lowest, the highest.

    Above 1 is worse.
    """

    median: float
    low: float
    high: float
    rounds: int

    @property
    def noise(self) -> float:
        """How far the rounds differ among themselves; a few rounds can agree by chance."""
        return max(self.high - self.low, LEAST_NOISE)

    @property
    def verdict(self) -> str:
        if self.rounds < LEAST_ROUNDS:
            return "too few rounds"
        if self.median - 1 > self.noise:
            return "worse"
        return "better" if 1 - self.median > self.noise else "within the noise"


def judged(base: Sequence[float], now: Sequence[float], *, rate: bool) -> Judgement:
    """Of rounds in turns, each `now` against the `base` beside it."""
    pairs = [b / n if rate else n / b for b, n in zip(base, now, strict=True)]
    return Judgement(statistics.median(pairs), min(pairs), max(pairs), len(pairs))


# -- The two trees -----------------------------------------------------------------------------------


def git(*arguments: str) -> str:
    """What git says in this repository."""
    command = ["git", "-C", str(kit.ROOT), *arguments]
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout.strip()


@contextmanager
def tree(revision: str) -> Iterator[Path]:
    """The files of a revision, in a worktree that is removed in the end."""
    folder = HOME / git("rev-parse", "--short", f"{revision}^{{commit}}")
    if folder.exists():  # a comparison that was killed left it
        git("worktree", "remove", "--force", str(folder))
    git("worktree", "add", "--force", "--detach", str(folder), revision)
    try:
        yield folder
    finally:
        git("worktree", "remove", "--force", str(folder))


FILES = ("requirements.txt", "tests/requirements.txt", "bench/requirements.txt")


def pins(folder: Path) -> dict[str, str]:
    """The versions that a tree asks for, by package."""
    lines = "\n".join((folder / name).read_text() for name in FILES)
    return dict(re.findall(r"^([\w.-]+)(?:\[[\w,-]+\])?==([^\s;#]+)", lines, re.MULTILINE))


def satisfied(wanted: dict[str, str]) -> bool:
    """Whether this Python has each of these packages, in that version."""
    try:
        return all(metadata.version(name) == version for name, version in wanted.items())
    except metadata.PackageNotFoundError:
        return False


def python(folder: Path) -> str:
    """This Python if it has what the tree asks for, else an environment of its own, which is kept for the next time."""
    wanted = pins(folder)
    if satisfied(wanted):
        return sys.executable
    home = HOME / f"python-{hashlib.sha256(json.dumps(wanted, sort_keys=True).encode()).hexdigest()[:12]}"
    found, done = home / "bin" / "python", home / ".installed"
    if not done.exists():
        kit.say(f"installing what {folder.name} asks for")
        venv.create(home, with_pip=True, clear=True)
        command = [found, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        subprocess.run([*command, "-r", folder / "bench" / "requirements.txt"], check=True)
        done.touch()
    return str(found)


def measured(interpreter: str, folder: Path, part: str) -> dict[str, Any]:
    """The JSON of a part, run in that tree. Raises `SystemExit` if it ends with an error."""
    command = [interpreter, "-m", "bench.kit", *PARTS[part]]
    environment = {
        key: value for key, value in os.environ.items() if key not in ("DATABASE_URL", "REDIS_URL", "BROKER_URL")
    }
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, check=False)
    if done.returncode:
        kit.say(done.stderr.decode(errors="replace")[-3000:])
        raise SystemExit(f"bench: {part} ended with {done.returncode} in {folder}")
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--base", required=True, help="a revision")
    parser.add_argument("--parts", default=",".join(PARTS))
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--out", type=Path, default=HOME / "compare.json", help="every value of every round")
    args = parser.parse_args()
    HOME.mkdir(parents=True, exist_ok=True)
    values: dict[Figure, dict[str, list[float]]] = {}
    with tree(args.base) as folder:
        if changed := git("diff", "--stat", args.base, "--", "bench"):
            kit.say(
                "The bench differs between the two; what it measures in another way cannot be compared:\n" + changed
            )
        sides = {"base": (python(folder), folder), "now": (sys.executable, kit.ROOT)}
        for part in args.parts.split(","):
            for n in range(args.rounds):
                for side, (interpreter, where) in sides.items():
                    kit.say(f"{part}, round {n + 1}, {side}")
                    for figure, value in figures(part, measured(interpreter, where, part)):
                        values.setdefault(figure, {"base": [], "now": []})[side].append(value)
    args.out.write_text(json.dumps({f"{f.part}: {f.words}": sides for f, sides in values.items()}, indent=1) + "\n")
    result = table(values)
    from bench.report.__main__ import printed

    printed(result)
    sys.exit(any(row[-1] == "worse" for row in result.rows))


def table(values: dict[Figure, dict[str, list[float]]]) -> Table:
    """A row for each figure that both sides have in every round."""
    result = Table("Now beside the base", ("part", "figure", "base", "now", "times the cost", "lowest–highest", ""))
    for figure, sides in values.items():
        base, now = sides["base"], sides["now"]
        medians = [number(statistics.median(side)) if side else "–" for side in (base, now)]
        if len(base) != len(now) or not base:
            result.rows.append((figure.part, figure.words, *medians, "–", "–", "not measured on both sides"))
            continue
        found = judged(base, now, rate=figure.rate)
        cells = (f"{found.median:.2f} ×", f"{found.low:.2f}–{found.high:.2f}", found.verdict)
        result.rows.append((figure.part, figure.words, *medians, *cells))
    return result


if __name__ == "__main__":
    main()
