"""An orderly stop. On SIGTERM a web process sends its sockets away, a few at a time, and answers the requests under
way. Then it stops.

The ASGI servers do not: daphne cuts its sockets (browsers see 1006) and its requests, and uvicorn waits for both. So
the server's own signal handler is called later: when nobody is left, or after `LIVE_SHUTDOWN_SECONDS`. A second
SIGTERM goes to it at once.
"""

import asyncio
import logging
import random
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

from django.conf import settings

logger = logging.getLogger(__name__)

BATCHES = 10
COME_BACK_MS = (300, 2500)
"""Milliseconds after which a client connects again: a random time between these, so that not all come at once."""

_stopping = threading.Event()
_sockets: set[Any] = set()
_requests = 0  # under way
_installed = False


def stopping() -> bool:
    """Whether this process is stopping: `/readyz` fails, and new sockets are sent away."""
    return _stopping.is_set()


def after_ms() -> int:
    """Milliseconds after which one client should connect again."""
    return random.randint(*COME_BACK_MS)


@contextmanager
def answering() -> Iterator[None]:
    """Count a request as under way during the block. Call it in the server's event loop."""
    global _requests
    install()
    _requests += 1
    try:
        yield
    finally:
        _requests -= 1


def say_goodbye_to(sockets: set[Any]) -> None:
    """Send away the connections that are in this set when the process must stop. Call it in the server's event loop."""
    global _sockets
    _sockets = sockets
    install()


def install() -> None:
    """Handle SIGTERM. Call it in the server's event loop. Does nothing outside the main thread, and nothing the second
    time."""
    global _installed
    if _installed or threading.current_thread() is not threading.main_thread():
        return
    _installed = True
    loop = asyncio.get_running_loop()
    servers = signal.getsignal(signal.SIGTERM)

    def stop(number: int, frame: FrameType | None) -> None:
        if stopping() or not (_sockets or _requests):
            _stopping.set()
            _pass_on(servers, number, frame)
            return
        _stopping.set()

        def begin() -> None:
            task = loop.create_task(_process())
            task.add_done_callback(lambda _: _pass_on(servers, number, None))

        loop.call_soon_threadsafe(begin)

    signal.signal(signal.SIGTERM, stop)


def _pass_on(servers: Any, number: int, frame: FrameType | None) -> None:
    if callable(servers):
        servers(number, frame)
    elif servers == signal.SIG_DFL:
        signal.signal(number, signal.SIG_DFL)
        signal.raise_signal(number)


async def _process() -> None:
    """Send `bye` and 1012 to all sockets in ten parts over half of the time; then wait for the last one."""
    seconds: float = settings.LIVE_SHUTDOWN_SECONDS
    end = asyncio.get_running_loop().time() + seconds
    leaving = list(_sockets)
    random.shuffle(leaving)
    logger.info("stopping: %d sockets are asked to come back, %d requests are under way", len(leaving), _requests)
    size = -(-len(leaving) // BATCHES) or 1
    for start in range(0, len(leaving), size):
        for connection in leaving[start : start + size]:
            connection.goodbye()
        if start + size < len(leaving):
            await asyncio.sleep(seconds / 2 / BATCHES)
    while asyncio.get_running_loop().time() < end:
        nobody = not (_sockets or _requests)
        await asyncio.sleep(0.05)  # in which the last answer is written, too
        if nobody and not _requests:
            return
