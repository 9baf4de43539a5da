"""Workers that stand still (SIGSTOP) while their backlog is written, and the clock that runs from the moment in which
they go on.
"""

import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from bench import kit
from bench.throughput import marks

Workers = list[subprocess.Popen[bytes]]
THREADS = 2
"""In each worker."""


@contextmanager
def standing(commands: list[list[str]], warm: Callable[[], None], **extra: str) -> Iterator[Workers]:
    """Workers that were seen to work, and now stand still."""
    running = [kit.start(*command, **extra) for command in commands]
    try:
        warm()
        time.sleep(1.3)  # the slowest of the workers is up by now, too
        for process in running:
            process.send_signal(signal.SIGSTOP)
        yield running
    finally:
        for process in running:
            process.send_signal(signal.SIGCONT)
        kit.stop(running)


def ran(count: int) -> None:
    """Wait until so many have left their marks."""
    kit.wait(lambda: marks.run(count) >= count, 60, 0.05, "warming up")


def analyzed() -> None:
    """Up-to-date statistics for every table, as autovacuum leaves them within the minute: ours and the peers'."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


def emptied(*tables: str) -> None:
    """These tables are as they were at first; and nothing is marked."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(f"TRUNCATE {', '.join(tables)} RESTART IDENTITY CASCADE")
    marks.clear()


def handled(running: Workers, count: int, left: Callable[[], int] | None = None) -> dict[str, Any]:
    """Let the workers go until each of `count` has run, and nothing is left in the database; then count what ran not
    once.

    Raises `SystemExit` if something was lost; what was doubled is in the answer.
    """
    analyzed()
    started = time.perf_counter()
    for process in running:
        process.send_signal(signal.SIGCONT)
    kit.wait(lambda: marks.run(count) >= count, 240, every=0.01, what="the backlog")
    if left:
        kit.wait(lambda: left() == 0, 60, every=0.01, what="the end of the backlog")
    seconds = time.perf_counter() - started
    for process in running:
        process.send_signal(signal.SIGSTOP)
    lost, doubled = marks.problems(count)
    if lost:
        raise SystemExit(f"bench: {lost} of {count} were never run")
    return {"rate": count / seconds, "doubled": doubled}
