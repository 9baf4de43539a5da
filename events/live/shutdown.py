"""Leaving in an orderly way. On SIGTERM a web process says goodbye to its sockets, a few at a time, answers the
requests that are under way, and only then stops.

The ASGI servers do not: daphne cuts its sockets (browsers see 1006) and its requests, uvicorn waits for both. So the
server's own handler of the signal is kept, and called when nobody is left or `LIVE_SHUTDOWN_SECONDS` are over. A
second SIGTERM goes to it at once.
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
"""When a client is asked to come back: anywhere between, so that they do not all come at once."""

_stopping = threading.Event()
_sockets: set[Any] = set()
_requests = 0  # under way
_installed = False


def stopping() -> bool:
    """Whether this process is on its way out: `/readyz` fails, and new sockets are sent elsewhere."""
    return _stopping.is_set()


def after_ms() -> int:
    """A moment for a client to come back at."""
    return random.randint(*COME_BACK_MS)


@contextmanager
def answering() -> Iterator[None]:
    """A request is under way for as long as the block lasts. For the server's event loop."""
    global _requests
    install()
    _requests += 1
    try:
        yield
    finally:
        _requests -= 1


def say_goodbye_to(sockets: set[Any]) -> None:
    """Those who are in this set when the process is told to stop. For the server's event loop."""
    global _sockets
    _sockets = sockets
    install()


def install() -> None:
    """Drain when this process is told to stop. Called in the server's event loop; does nothing outside the main thread,
    nor again."""
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
    """`bye` and 1012 to all, a tenth at a time over half of the time there is; then wait for the last to be gone, and
    answered."""
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
