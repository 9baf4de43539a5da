"""A worker's watchdog: a handler that hangs, or eats the memory, ends its process; the supervisor starts another.

A thread cannot be stopped from outside, so the process goes. Nothing is lost by that: what it held is rung for again, and what
does it again and again is parked (`lines.begin`).
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
    """Note that this thread runs `what`, from now to the end of the block."""
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
    """(thread, what, seconds) of a run past `EVENT_HANDLER_TIMEOUT`."""
    now = time.monotonic()
    for thread, (what, since) in list(_running.items()):
        if now - since > settings.EVENT_HANDLER_TIMEOUT:
            return thread, what, now - since
    return None


def memory() -> int:
    """Resident megabytes of this process; 0 where the system does not say."""
    try:
        with open("/proc/self/statm", "rb") as source:
            return int(source.read().split()[1]) * os.sysconf("SC_PAGE_SIZE") // 2**20
    except OSError:
        return 0


def watch() -> None:
    """Look, for ever."""
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
    """From now on, in a thread."""
    threading.Thread(target=watch, name="events-watchdog", daemon=True).start()
