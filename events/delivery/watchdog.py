"""A worker's watchdog: it ends the process if a handler hangs or takes too much memory. The supervisor starts another.

A thread cannot be stopped from outside, so the process must end. Nothing is lost: the relay notifies again of what the
process had, and a delivery that does it again and again becomes a dead letter (`ordered_queue.begin`).
"""

import logging
import os
import sys
import threading
import time
import traceback
from collections.abc import Iterator
from contextlib import contextmanager

from django.conf import settings

logger = logging.getLogger(__name__)

TICK = 0.5  # seconds between looks
EXIT_CODE = 70  # EX_SOFTWARE

_running: dict[int, tuple[str, float]] = {}


@contextmanager
def running(what: str) -> Iterator[None]:
    """Note that this thread runs `what` in the block."""
    me = threading.get_ident()
    before = _running.get(me)
    _running[me] = what, time.monotonic()
    try:
        yield
    finally:
        if before is None:
            _running.pop(me, None)
        else:
            _running[me] = before


def overdue() -> tuple[int, str, float] | None:
    """(thread, what, seconds) of a run that takes longer than `EVENT_HANDLER_TIMEOUT`; None if there is none."""
    now = time.monotonic()
    for thread, (what, since) in list(_running.items()):
        if now - since > settings.EVENT_HANDLER_TIMEOUT:
            return thread, what, now - since
    return None


def memory() -> int:
    """Resident megabytes of this process; 0 if the system does not tell."""
    try:
        with open("/proc/self/statm", "rb") as source:
            return int(source.read().split()[1]) * os.sysconf("SC_PAGE_SIZE") // 2**20
    except OSError:
        return 0


def watch() -> None:
    """Check for ever."""
    while True:
        time.sleep(TICK)
        if found := overdue():
            thread, what, seconds = found
            stack = "".join(traceback.format_stack(sys._current_frames().get(thread)))
            _end(f"{what} has run for {seconds:.0f} s\n{stack}")
        limit = settings.EVENT_WORKER_MEMORY
        if limit and (used := memory()) > limit:
            _end(f"{used} MB of memory, more than EVENT_WORKER_MEMORY ({limit}); running: {_running or 'nothing'}")


def _end(why: str) -> None:
    logger.critical("ending this worker: %s", why)
    os._exit(EXIT_CODE)


def start() -> None:
    """Start the watchdog in a thread."""
    threading.Thread(target=watch, name="events-watchdog", daemon=True).start()
