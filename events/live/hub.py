"""The hub: one per web process. It takes part in the channel layer once, and passes on to the connections of this process.

One layer channel per process instead of one per socket: a stream that a thousand tabs watch is received once.
"""

import asyncio
import logging
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any, Protocol, TypeVar

from channels.layers import get_channel_layer
from django.db import close_old_connections
from redis.exceptions import RedisError

from events.live import streams
from events.live.push import group

logger = logging.getLogger(__name__)

T = TypeVar("T")

# Its own threads: a slow ORM call elsewhere in the process must not delay a snapshot.
_database = ThreadPoolExecutor(max_workers=4, thread_name_prefix="live-db")


async def in_database(work: Callable[[], T]) -> T:
    """Run blocking database code on the live layer's own threads."""

    def run() -> T:
        close_old_connections()
        try:
            return work()
        finally:
            close_old_connections()

    return await asyncio.get_running_loop().run_in_executor(_database, run)


class Member(Protocol):
    """A connection, as the hub sees it."""

    def passed(self, message: dict[str, Any]) -> None:
        """A layer message came; must not block."""

    def due(self, now: float) -> Sequence[str]:
        """Check deadlines; if a beat is due, the topics whose heads it wants."""

    def wants_beat(self, now: float) -> bool:
        """Whether a beat is due."""

    def beat(self, heads: dict[str, int], now: float) -> None:
        """Send a beat with these heads, by topic."""


class Hub:
    """Groups of this process and who is in them."""

    def __init__(self) -> None:
        self.members: defaultdict[str, set[Member]] = defaultdict(set)
        self.connections: set[Member] = set()
        self.channel = ""
        self._lock = asyncio.Lock()
        self._tasks: list[asyncio.Task[None]] = []

    async def start(self) -> None:
        """Join the layer; called by every connection, done once."""
        async with self._lock:
            if not self._tasks or any(task.done() for task in self._tasks):
                for task in self._tasks:
                    task.cancel()
                self.channel = await get_channel_layer().new_channel("live.")
                for topic in tuple(self.members):
                    await get_channel_layer().group_add(group(topic), self.channel)
                self._tasks = [asyncio.create_task(self._receive()), asyncio.create_task(self._tick())]

    async def join(self, topic: str, member: Member) -> None:
        """From the return of this on, the member is told of the topic's events."""
        async with self._lock:
            if not self.members[topic]:
                await get_channel_layer().group_add(group(topic), self.channel)
            self.members[topic].add(member)

    async def leave(self, topic: str, member: Member) -> None:
        """No more of that topic; the last one out leaves the layer's group."""
        async with self._lock:
            self.members[topic].discard(member)
            if not self.members[topic]:
                del self.members[topic]
                try:
                    await get_channel_layer().group_discard(group(topic), self.channel)
                except (OSError, RedisError) as problem:
                    logger.info("could not leave %s: %s", topic, problem)

    async def _receive(self) -> None:
        layer = get_channel_layer()
        while True:
            message = await layer.receive(self.channel)
            for member in tuple(self.members.get(message.get("topic", ""), ())):
                try:
                    member.passed(message)
                except Exception:  # one connection's trouble must not deafen the others
                    logger.exception("a connection could not take a message")

    async def _tick(self) -> None:
        """Every second: deadlines and beats. The heads of all beats of a second are one query per kind of stream."""
        while True:
            await asyncio.sleep(1.0)
            now = time.monotonic()
            topics: set[str] = set()
            beating: list[Member] = []
            for member in tuple(self.connections):
                try:
                    topics_of = member.due(now)
                except Exception:
                    logger.exception("a connection could not check its deadlines")
                    continue
                if member.wants_beat(now):
                    topics.update(topics_of)
                    beating.append(member)
            if not beating:
                continue
            try:
                heads = await in_database(partial(read_heads, topics))
            except Exception as problem:  # the database is away: no beat, and the client asks by itself
                logger.warning("no heads for this beat: %s", problem)
                continue
            for member in beating:
                try:
                    member.beat(heads, now)
                except Exception:
                    logger.exception("a connection could not beat")


def read_heads(topics: set[str]) -> dict[str, int]:
    """The newest version of each topic, by one query per kind of stream."""
    heads: dict[str, int] = {}
    for stream in streams.all_streams():
        mine = [topic for topic in topics if topic.split(":")[0] == stream.prefix]
        if mine:
            heads |= stream.heads(mine)
    return heads


_hubs: dict[asyncio.AbstractEventLoop, Hub] = {}


def get_hub() -> Hub:
    """The hub of this event loop."""
    return _hubs.setdefault(asyncio.get_running_loop(), Hub())
