"""`make test`: sets the machine up, then runs the whole suite with real servers and a real browser.

What this machine lacks and may not install is left out, and a table at the end says so.

    python -m tests                             everything
    python -m tests tests/orders --lf           these tests on SQLite, with these options of pytest
    python -m tests --on rabbitmq tests/events  these tests on PostgreSQL and RabbitMQ
    python -m tests --fast                      what needs no process of its own, in under a minute
    python -m tests --coverage                  on SQLite, with a report of the branches that no test reaches
    python -m tests --each                      every file in a pytest of its own
"""

import argparse
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from queue import SimpleQueue

from rich.console import Console
from rich.table import Table

from tests.support import kept, servers
from tests.support.node import node
from tools import machine

PYTEST = [sys.executable, "-m", "pytest"]
COVERAGE = [sys.executable, "-m", "coverage"]
WORKERS = ("-n", "2", "--dist", "loadgroup")
# Of tests that mostly wait for processes two cores carry four. `tests/support/marks.py` says which begin first.
WAITING = ("-n", "4", "--dist", "loadgroup", "--no-loadscope-reorder")
FAILED, NOTHING_SELECTED = 1, 5  # exit codes of pytest
IN_PROCESS = "not processes and not browser and not alone"


@dataclass(frozen=True)
class Part:
    """One run of pytest."""

    title: str
    marks: str
    on: str = "sqlite"  # with Valkey, as "postgres" is; "rabbitmq" is PostgreSQL with RabbitMQ
    options: tuple[str, ...] = WORKERS
    covered: bool = False  # the part fails if it reaches fewer branches than pyproject.toml asks for
    repeated: bool = False  # what fails where processes are started is run once more, alone, and named at the end


# Two backends, so that each database and each broker is tried: SQLite with Valkey, PostgreSQL with RabbitMQ. What a
# broker does to the backbone does not depend on the database; the soak still runs on PostgreSQL with both brokers.
PARTS = (
    # Coverage is measured where it costs little.
    Part("in process, SQLite", IN_PROCESS, covered=True),
    Part("servers and browser, SQLite", "(processes or browser) and not alone", options=WAITING, repeated=True),
    # What is timed runs with nothing beside it.
    Part("timed, SQLite", "alone", options=("-s",), repeated=True),
    # Apart: a browser's event loop stays in the thread of the tests, and some tests start one of their own there.
    Part("in process, PostgreSQL", f"{IN_PROCESS} and not once", "postgres"),
    Part(
        "servers and browser, PostgreSQL and RabbitMQ",
        "(processes or browser) and not alone and not once",
        "rabbitmq",
        options=WAITING,
        repeated=True,
    ),
    Part("timed, PostgreSQL and RabbitMQ", "alone and not once", "rabbitmq", options=("-s",), repeated=True),
)


class Suite:
    """The tests, as far as this machine can run them."""

    def __init__(self, options: list[str], needs: list[machine.Need]) -> None:
        """`options` are pytest's; `needs` are those that the machine does not meet."""
        self.options = options
        self.lacking = {need.key for need in needs}
        # What RabbitMQ's mark selects runs with Valkey instead.
        self.left_out = [f"not {need.marks}" for need in needs if need.marks and need.key != "rabbitmq"]
        self.accepted = (0, NOTHING_SELECTED) if needs else (0,)
        self.code = 0  # the exit code of the last run
        self.unsteady: list[str] = []

    def selected(self, marks: str = "") -> list[str]:
        """The options of pytest that select these marks, without what cannot run here."""
        wanted = [f"({marks})"] if marks else []
        return ["-m", " and ".join(wanted + self.left_out)] if wanted + self.left_out else []

    def run(self, title: str, command: list[str], environment: dict[str, str] | None = None) -> bool:
        """Run one part, and say how it went."""
        print(f"\n== {title}", flush=True)
        started = time.monotonic()
        both = {**os.environ, **(environment or {})}
        code = subprocess.run(command, env=both, cwd=servers.ROOT, check=False).returncode
        self.code = code
        passed = code in self.accepted
        verdict = "passed" if passed else f"FAILED, exit code {code},"
        print(f"== {title}: {verdict} in {time.monotonic() - started:.0f} s", flush=True)
        return passed

    def browser_modules(self) -> bool:
        """Run the tests of the browser's modules, in Node."""
        files = sorted(map(str, servers.ROOT.glob("tests/js/*.mjs")))
        return self.run(
            "browser modules, Node", [node(), "--test", "--test-isolation=none", "--test-reporter=dot", *files]
        )

    def everything(self) -> bool:
        """Run the whole suite on every backend."""
        results = {"browser modules, Node": self.browser_modules()}
        with servers.postgres() as url:  # one for all parts: its template of a test database is made once
            for part in PARTS:
                # Without RabbitMQ the tests on PostgreSQL run all the same, with Valkey.
                on = "postgres" if part.on == "rabbitmq" and "rabbitmq" in self.lacking else part.on
                command = [*part.options, *self.options, *self.selected(part.marks)]
                environment = {} if on == "sqlite" else on_postgresql(url, on)
                if part.covered:
                    results[part.title] = self.covered(part.title, command, "--format=total")
                else:
                    passed = self.run(part.title, [*PYTEST, *command], environment)
                    if not passed and part.repeated and self.code == FAILED:
                        passed = self.once_more(part, environment)
                    results[part.title] = passed
        if self.unsteady:
            print("\nFailed beside other processes and passed alone:", *self.unsteady, sep="\n  ")
        if failed := [title for title, passed in results.items() if not passed]:
            # By name, at the end: an error of a fixture stands nowhere among the failed tests.
            print("\nFAILED:", *failed, sep="\n  ")
        return all(results.values())

    def once_more(self, part: Part, environment: dict[str, str]) -> bool:
        """Run the failed tests of a part again, one after the other.

        They start a dozen processes each. On a machine that is busy for a moment, with other work of its host, too, a
        wait for one of them ends too early. What passes alone is named at the end of the run, so that nobody overlooks
        it. What is broken fails again.
        """
        listed = [*PYTEST, "--last-failed", "--last-failed-no-failures", "none", *self.selected(part.marks)]
        found = subprocess.run(
            [*listed, "--collect-only", "-q"], cwd=servers.ROOT, capture_output=True, text=True, check=False
        )
        names = [f"{part.title}: {line}" for line in found.stdout.splitlines() if "::" in line]
        passed = self.run(f"{part.title}, what failed, alone", listed, environment)
        if passed:
            self.unsteady += names
        return passed

    def covered(self, title: str, options: list[str], *report: str) -> bool:
        """Run pytest and measure which branches it reaches, in the processes that it starts, too."""
        (servers.ROOT / "var").mkdir(exist_ok=True)
        subprocess.run([*COVERAGE, "erase"], cwd=servers.ROOT, check=True)
        passed = self.run(title, [*COVERAGE, "run", "-m", "pytest", *options])
        subprocess.run([*COVERAGE, "combine", "--quiet"], cwd=servers.ROOT, check=False)
        return self.run(f"branches reached: {title}", [*COVERAGE, "report", *report]) and passed

    def some(self, on: str) -> bool:
        """Run what the options name, on one backend."""
        if on in self.lacking:
            return True
        keep = ["--reuse-db"] if on == "sqlite" else []
        with backend(on, "some") as environment:
            return self.run(f"on {on}", [*PYTEST, *keep, *self.options, *self.selected()], environment)

    def fast(self) -> bool:
        """Run what needs no process of its own, on a database that is kept between runs."""
        command = [*PYTEST, *WORKERS, "--reuse-db", *self.options, *self.selected(f"{IN_PROCESS} and not slow")]
        results = [self.browser_modules(), self.run("in process, SQLite", command, kept.database("fast"))]
        return all(results)

    def coverage(self) -> bool:
        """Run the suite on SQLite, and show every line and branch that it does not reach."""
        options = [*WORKERS, *self.options, *self.selected("not alone")]
        passed = self.covered("SQLite", options, "--show-missing", "--skip-covered")
        subprocess.run([*COVERAGE, "html", "--quiet", "--directory=var/coverage"], cwd=servers.ROOT, check=False)
        print("Line by line: var/coverage/index.html")
        return passed

    def each(self) -> bool:
        """Run every test file in a pytest of its own, two at a time."""
        lanes: SimpleQueue[dict[str, str]] = SimpleQueue()
        for lane in range(2):
            lanes.put(kept.database(f"each-{lane}"))

        def alone(path: str) -> bool:
            environment = lanes.get()
            command = [*PYTEST, "--reuse-db", *self.options, *self.selected(), path]
            done = subprocess.run(
                command,
                env={**os.environ, **environment},
                cwd=servers.ROOT,
                capture_output=True,
                text=True,
                check=False,
            )
            lanes.put(environment)
            passed = done.returncode in (0, NOTHING_SELECTED)  # an option may have left out all tests of a file
            print(f"passed  {path}" if passed else f"FAILED  {path}\n{done.stdout}{done.stderr}", flush=True)
            return passed

        paths = [path.relative_to(servers.ROOT) for path in sorted(servers.ROOT.glob("tests/**/test_*.py"))]
        files = [str(path) for path in paths if "hosts" not in path.parts]  # `make hosts` runs those
        with ThreadPoolExecutor(2) as threads:
            results = list(threads.map(alone, files))
        print(f"{sum(results)} of {len(results)} files pass alone")
        return all(results)


@contextmanager
def backend(kind: str, keep: str = "") -> Iterator[dict[str, str]]:
    """Start the servers that a part runs on; yields the environment that names them.

    With `keep`, SQLite's database is kept between runs under that name.
    """
    if kind == "sqlite":
        yield kept.database(keep) if keep else {}
        return
    with servers.postgres() as url:
        yield on_postgresql(url, kind)


def on_postgresql(url: str, kind: str) -> dict[str, str]:
    """The environment of a part that runs on this server, with the broker of its kind."""
    return {"DATABASE_URL": url, "TEST_BROKER": "rabbitmq" if kind == "rabbitmq" else "valkey"}


def count(marks: str, options: list[str]) -> int:
    """How many of the tests that the options name have these marks."""
    command = [*PYTEST, "--collect-only", "-q", *options, "-m", marks]
    listed = subprocess.run(command, cwd=servers.ROOT, capture_output=True, text=True, check=False).stdout
    return sum("::" in line for line in listed.splitlines())


def wanted(how: str, on: str, options: list[str]) -> set[str]:
    """The keys of what these tests need from the machine. Nothing is installed for a test that does not need it."""
    browser = {"chromium", "fonts"}
    if how != "some":
        return {"fast": set(), "coverage": browser, "each": browser}.get(how, {need.key for need in machine.NEEDS})
    found: set[str] = {"sqlite": set(), "postgres": {"postgresql"}, "rabbitmq": {"postgresql", "rabbitmq"}}[on]
    return found | browser if machine.missing(browser) and count("browser", options) else found


def left_out(needs: list[machine.Need], command: str, counted: Callable[[str], int]) -> Table:
    """A row for each thing that this machine lacks, and the one command that changes it."""
    table = Table(title="What did not run", caption=f"To change that: {command}", show_lines=True)
    for heading in ("not run", "this machine lacks"):
        table.add_column(heading, overflow="fold")
    for need in needs:
        number = f"{counted(need.marks)} tests: " if need.marks else ""
        table.add_row(f"{number}{need.purpose}", need.title)
    return table


def arguments() -> tuple[argparse.Namespace, list[str]]:
    """Our own options, and what pytest gets."""
    parser = argparse.ArgumentParser(prog="python -m tests", allow_abbrev=False)
    how = parser.add_mutually_exclusive_group()
    for name in ("fast", "coverage", "each"):
        how.add_argument(f"--{name}", dest="how", action="store_const", const=name, default="everything")
    how.add_argument("--on", choices=["sqlite", "postgres", "rabbitmq"], default="sqlite")
    args, options = parser.parse_known_args()
    if args.how == "everything" and (options or args.on != "sqlite"):
        args.how = "some"
    return args, options


def main() -> int:
    """0 if every test passed; under CI=true, 1 if any was left out."""
    args, options = arguments()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))  # the servers are stopped on the way out
    # Hundreds of processes are started: none of them compiles again what another one has compiled.
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    for name in ("DATABASE_URL", "REDIS_URL", "BROKER_URL", "SECRET_KEY", "DATA_DIR", "DEMO"):
        os.environ.pop(name, None)
    system = machine.System.here()
    keys = wanted(args.how, args.on, options)
    if (needs := machine.missing(keys)) and system.may_install:
        machine.install(needs, system)
    needs = [need for need in machine.missing(keys) if need.purpose]
    if not any("randomly" in option for option in options):
        options = [f"--randomly-seed={random.getrandbits(32)}", *options]
    suite = Suite(options, needs)
    passed = suite.some(args.on) if args.how == "some" else getattr(suite, args.how)()
    print(f"The order of the tests: {options[0]}")
    if needs:
        Console(width=100).print(left_out(needs, system.command(needs), lambda marks: count(marks, options)))
    return int(not passed or (bool(needs) and os.environ.get("CI", "").lower() in ("1", "true")))


if __name__ == "__main__":
    sys.exit(main())
