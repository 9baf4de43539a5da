"""Leaving in an orderly way. On SIGTERM a web process says goodbye to its sockets, a few at a time, and only then stops.

The ASGI servers do not: daphne cuts its sockets (browsers see 1006), uvicorn waits for them. So the server's own handler of
the signal is kept, and called when the sockets are gone or `LIVE_DRAIN_SECONDS` are over. A second SIGTERM goes to it at once.
"""

import asyncio
import logging
import random
import signal
import threading
from types import FrameType
from typing import Any

from django.conf import settings

logger = logging.getLogger(__name__)

BATCHES = 10
COME_BACK_MS = (300, 2500)
"""When a client is asked to come back: anywhere between, so that they do not all come at once."""

_draining = threading.Event()


def draining() -> bool:
    """Whether this process is on its way out: `/readyz` fails, and new sockets are sent elsewhere."""
    return _draining.is_set()


def after_ms() -> int:
    """A moment for a client to come back at."""
    return random.randint(*COME_BACK_MS)


def install(hub: Any) -> None:
    """Drain `hub` when this process is told to stop. Called in the server's event loop; does nothing outside the main thread."""
    if threading.current_thread() is not threading.main_thread():
        return
    loop = asyncio.get_running_loop()
    servers = signal.getsignal(signal.SIGTERM)

    def stop(number: int, frame: FrameType | None) -> None:
        if draining() or not hub.connections:
            _draining.set()
            _pass_on(servers, number, frame)
            return
        _draining.set()

        def begin() -> None:
            task = loop.create_task(_drain(hub))
            task.add_done_callback(lambda _: _pass_on(servers, number, None))

        loop.call_soon_threadsafe(begin)

    signal.signal(signal.SIGTERM, stop)


def _pass_on(servers: Any, number: int, frame: FrameType | None) -> None:
    if callable(servers):
        servers(number, frame)
    elif servers == signal.SIG_DFL:
        signal.signal(number, signal.SIG_DFL)
        signal.raise_signal(number)


async def _drain(hub: Any) -> None:
    """`bye` and 1012 to all, a tenth at a time over half of the time there is; then wait for the last to be gone."""
    seconds: float = settings.LIVE_DRAIN_SECONDS
    leaving = list(hub.connections)
    random.shuffle(leaving)
    logger.info("stopping: %d sockets are asked to come back", len(leaving))
    size = -(-len(leaving) // BATCHES)
    for start in range(0, len(leaving), size):
        for connection in leaving[start : start + size]:
            connection.goodbye()
        if start + size < len(leaving):
            await asyncio.sleep(seconds / 2 / BATCHES)
    for _ in range(int(seconds / 2 / 0.05)):
        if not hub.connections:
            return
        await asyncio.sleep(0.05)
