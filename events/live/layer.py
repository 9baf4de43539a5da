"""Sending to the channel layer from threads: a hint to every web process that watches a topic.

`async_to_sync(group_send)` per message would make a loop and a Redis connection each time (2.7 ms). A worker
publishes with one plain client, several messages in one round trip; a request hands its message to a loop of the
process and does not wait.
"""

import asyncio
import logging
import os
import threading
from collections.abc import Iterable
from concurrent.futures import Future
from typing import Any

import redis
from channels.layers import get_channel_layer
from django.conf import settings
from redis.backoff import NoBackoff
from redis.retry import Retry

from events.lib.private_apis import group_channel

logger = logging.getLogger(__name__)

TIMEOUT = 3.0  # seconds a push may take before it is left to the beats


def group(topic: str) -> str:
    """A topic as a channel layer group: only letters, digits, hyphens, underscores and full stops."""
    return "live." + topic.replace(":", ".")


_mine = threading.local()


def _client() -> redis.Redis:
    """This thread's, on a connection of its own: a pool in between would take a third more. One that broke meanwhile is
    made anew, once."""
    wanted = os.getpid(), settings.REDIS_URL  # not one of the process that this was forked from
    if getattr(_mine, "made_for", None) != wanted:
        _mine.client = redis.Redis.from_url(
            settings.REDIS_URL,
            single_connection_client=True,
            socket_timeout=TIMEOUT,
            socket_connect_timeout=TIMEOUT,
            socket_keepalive=True,
            retry=Retry(NoBackoff(), 1),
        )
        _mine.made_for = wanted
    client: redis.Redis = _mine.client
    return client


def publish(messages: Iterable[tuple[str, dict[str, Any]]]) -> None:
    """Send (group, message) pairs, and wait until Redis has them. Raises `redis.RedisError`.

    The same bytes on the same Redis channels as `group_send` of the pub/sub layer (a test holds that).
    """
    serialize = get_channel_layer().serialize
    client = _client()
    together = [(group_channel(name), serialize(message)) for name, message in messages]
    if len(together) == 1:  # of a guest's order; a member's list is told, too. A pipeline is made anew each time
        client.publish(*together[0])
        return
    with client.pipeline(transaction=False) as line:
        for channel, message in together:
            line.publish(channel, message)
        line.execute()


class _Loop:
    """One event loop in one thread, for the life of the process."""

    def __init__(self) -> None:
        self.pid = os.getpid()
        self.loop = asyncio.new_event_loop()
        threading.Thread(target=self.loop.run_forever, name="live-layer", daemon=True).start()


_loop: _Loop | None = None
_lock = threading.Lock()


def _running() -> asyncio.AbstractEventLoop:
    global _loop
    with _lock:
        if _loop is None or _loop.pid != os.getpid():
            _loop = _Loop()
        return _loop.loop


def soon(name: str, message: dict[str, Any]) -> None:
    """Send to a group without waiting for it: for requests. A layer that is away is only logged."""

    def update(done: "Future[None]") -> None:
        if problem := done.exception():
            logger.info("the channel layer is away (%s)", type(problem).__name__)

    async def send() -> None:
        await get_channel_layer().group_send(name, message)

    asyncio.run_coroutine_threadsafe(send(), _running()).add_done_callback(update)
