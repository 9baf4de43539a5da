"""Publish to the channel layer from threads.

`async_to_sync(group_send)` would make an event loop and a Redis connection for every message. A worker
publishes with one plain client, several messages in one round trip. A request passes its message to an event loop of
the process and does not wait.
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

TIMEOUT = 3.0  # seconds that a push may take; after that the beats bring the change


def group(topic: str) -> str:
    """The group of a topic. Names of groups have only letters, digits, hyphens, underscores and full stops."""
    return "live." + topic.replace(":", ".")


_mine = threading.local()


def _client() -> redis.Redis:
    """This thread's client, on one connection: a pool would take a third more time. A broken connection is opened
    again, once."""
    wanted = os.getpid(), settings.REDIS_URL  # a client of the process that this one was forked from is not used
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
    if len(together) == 1:  # a pipeline costs more than it saves
        client.publish(*together[0])
        return
    with client.pipeline(transaction=False) as line:
        for channel, message in together:
            line.publish(channel, message)
        line.execute()


class _Loop:
    """An event loop in a thread, for the life of the process."""

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
    """Send to a group without waiting, for requests. If the layer is away, that is logged and nothing more."""

    def log(done: "Future[None]") -> None:
        if problem := done.exception():
            logger.info("the channel layer is away (%s)", type(problem).__name__)

    async def send() -> None:
        await get_channel_layer().group_send(name, message)

    asyncio.run_coroutine_threadsafe(send(), _running()).add_done_callback(log)
