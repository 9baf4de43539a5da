"""Marks for what was run: a byte for each event or task, in a file of each worker process.

The same for ours and for the peers, so that nobody pays for being counted: a mark takes a fraction of a microsecond,
when an `INCR` in Valkey takes a tenth of a no-op task. A byte counts up, so a second run of the same event shows.
"""

import mmap
import os
import threading
from pathlib import Path

FOLDER = "BENCH_MARKS"
"""The environment variable with the folder of the files. Without it no marks are left."""
MOST = 1 << 17

_mine: dict[int, mmap.mmap] = {}
_lock = threading.Lock()


def _opened(path: Path) -> mmap.mmap:
    with open(path, "r+b" if path.exists() else "w+b") as file:
        file.truncate(MOST)
        return mmap.mmap(file.fileno(), MOST)


def leave(number: int) -> None:
    """Number `number` was run, once more. Called by the handlers and tasks that are measured."""
    if FOLDER not in os.environ:
        return
    with _lock:
        pid = os.getpid()
        if pid not in _mine:
            _mine[pid] = _opened(Path(os.environ[FOLDER]) / str(pid))
        _mine[pid][number] = min(255, _mine[pid][number] + 1)


def _files() -> list[mmap.mmap]:
    return [_opened(path) for path in sorted(Path(os.environ[FOLDER]).iterdir())]


def clear() -> None:
    """Forget all marks. Only while the workers stand still."""
    for marks in _files():
        marks[:] = bytes(MOST)
        marks.close()


def run(count: int) -> int:
    """How many of the first `count` were run, without regard to doubles between processes: quick, to be asked often."""
    found = 0
    for marks in _files():
        found += count - marks[:count].count(0)
        marks.close()
    return found


def problems(count: int) -> tuple[int, int]:
    """Of the first `count`: how many were never run, and how many more than once."""
    total = [0] * count
    for marks in _files():
        total = [a + b for a, b in zip(total, marks[:count], strict=True)]
        marks.close()
    return sum(1 for n in total if n == 0), sum(1 for n in total if n > 1)
