"""The live handler: tells every web process that a stream moved. A hint – who misses it finds out by the next beat."""

import asyncio
import logging
import os
import threading
from collections.abc import Coroutine
from concurrent.futures import Future
from typing import Any

from channels.layers import get_channel_layer
from django.conf import settings

from events import tracing
from events.envelope import Received
from events.failpoints import reach
from events.live import streams
from events.live.reading import event_frame
from events.models import Log
from events.registry import handler

logger = logging.getLogger(__name__)

TIMEOUT = 3.0  # seconds a push may take before it is left to the beats


def group(topic: str) -> str:
    """A topic as a channel layer group: only letters, digits, hyphens, underscores and full stops."""
    return "live." + topic.replace(":", ".")


class _Loop:
    """One event loop in one thread, for the life of the process.

    `async_to_sync(group_send)` per message would make a loop and a Redis connection each time.
    """

    def __init__(self) -> None:
        self.pid = os.getpid()
        self.loop = asyncio.new_event_loop()
        threading.Thread(target=self.loop.run_forever, name="live-push", daemon=True).start()

    def run(self, work: Coroutine[Any, Any, None]) -> None:
        self.start(work).result(TIMEOUT)

    def start(self, work: Coroutine[Any, Any, None]) -> "Future[None]":
        return asyncio.run_coroutine_threadsafe(work, self.loop)


_loop: _Loop | None = None
_lock = threading.Lock()


def _get() -> _Loop:
    global _loop
    with _lock:
        if _loop is None or _loop.pid != os.getpid():
            _loop = _Loop()
        return _loop


def soon(name: str, message: dict[str, Any]) -> None:
    """Send to a group of the layer without waiting for it: for requests. A layer that is away is only logged."""

    def told(done: "Future[None]") -> None:
        if problem := done.exception():
            logger.info("the channel layer is away (%s)", type(problem).__name__)

    _get().start(_group_send(name, message)).add_done_callback(told)


async def _group_send(name: str, message: dict[str, Any]) -> None:
    await get_channel_layer().group_send(name, message)


async def _send(messages: list[tuple[str, dict[str, Any]]]) -> None:
    layer = get_channel_layer()
    for topic, message in messages:
        await layer.group_send(group(topic), message)


def messages(event: Received) -> list[tuple[str, dict[str, Any]]]:
    """What is sent about an event: (topic, layer message) pairs, the text in every language of the site."""
    found: list[tuple[str, dict[str, Any]]] = []
    epoch = Log.current_epoch()
    for stream in streams.all_streams():
        for topic in stream.topics(event):
            message: dict[str, Any] = {
                "type": "live.event",
                "topic": topic,
                "at": event.time.timestamp(),
                "traceparent": tracing.traceparent(),
            }
            if stream.sequential:
                message["frames"] = {
                    code: event_frame("", epoch, event, stream.present(event.data, code))
                    for code, _ in settings.LANGUAGES
                }
            found.append((topic, message))
    return found


@handler("*", queue="live", name="live")
def push(event: Received) -> None:
    """Publish first, settle after. A layer that is away costs nobody an attempt: the database still has the truth."""
    if not (sending := messages(event)):
        return
    reach("live.before_push")
    try:
        _get().run(_send(sending))
    except Exception as problem:
        logger.warning("the channel layer is away (%s); browsers catch up by their beats", type(problem).__name__)
