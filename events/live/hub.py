"""The hub: one per web process. It receives from the channel layer and passes on to the connections of this process.

One layer channel per process, instead of one per socket: a stream that a thousand tabs watch is received once. A stream
without a sequence of its own is read once for all who watch it.

The channel layer may be away. Then connections are told `stale`, and everything that comes from the database goes on:
snapshots, answers to `sync`, and beats, which hold the newest version of each stream.
"""

import asyncio
import logging
import time
import uuid
from collections import defaultdict
from collections.abc import Coroutine
from functools import partial
from typing import Any

from channels.layers import get_channel_layer
from django.conf import settings
from redis.exceptions import RedisError

from events.lib import metrics, process_tuning, tracing
from events.live import presence, push, reading, reauthorization, rechecks, shutdown, streams
from events.live.database import in_database
from events.live.layer import group
from events.live.limits import Limits
from events.live.members import Member, Update, few_at_a_time, safely
from events.live.reading import read_heads
from events.live.refresher import Refresher
from events.log.envelope import BadEnvelope

logger = logging.getLogger(__name__)

HEARTBEAT = "live.heartbeat"
HEARTBEAT_SECONDS = 1.0
FIRST_HEARTBEAT_SECONDS = 0.05
"""Seconds between heartbeats until the first one is received."""
HEARTBEAT_MISSES = 3
"""After so many heartbeats that did not come back, the clients are told `stale`."""

LAYER_AWAY = (TimeoutError, OSError, RedisError)


class Hub:
    """The topics that are watched in this process, and who watches them."""

    def __init__(self) -> None:
        self.members: defaultdict[str, set[Member]] = defaultdict(set)
        self.connections: set[Member] = set()
        self.limits = Limits()
        self.channel = f"live.{uuid.uuid4().hex}"
        self.stale = False
        """The layer has been silent for so long that the clients were told."""
        self._missed = False
        """A heartbeat is overdue: messages may have been lost."""
        self._lock = asyncio.Lock()
        self._tasks: list[asyncio.Task[None]] = []
        self._background: set[asyncio.Task[None]] = set()
        self._unaligned: set[str] = set()  # groups that are still to be joined or left
        self._refresher = Refresher(self.members, self._spawn)
        self._heard = asyncio.Event()  # the first heartbeat came back
        self._last_heartbeat = 0.0
        self._recheck_at = 0.0
        self._installed = False

    async def start(self) -> None:
        """Join the layer. Every connection calls it; only the first call does something.

        It returns when the layer works, or after `HEARTBEAT_SECONDS` without it: then the hub is stale.
        """
        async with self._lock:
            if not self._installed:
                shutdown.say_goodbye_to(self.connections)
                process_tuning.apply()
                self._installed = True
            if self._tasks and not any(task.done() for task in self._tasks):
                return
            for task in self._tasks:
                task.cancel()
            self._heard.clear()
            self._last_heartbeat = time.monotonic()
            self._recheck_at = self._last_heartbeat + settings.LIVE_RECHECK_SECONDS
            self._unaligned |= {reauthorization.GROUP, HEARTBEAT, *map(group, self.members)}
            self._tasks = [
                asyncio.create_task(work) for work in (self._receive(), self._ticks(), self._send_heartbeats())
            ]
            try:
                async with asyncio.timeout(HEARTBEAT_SECONDS):
                    await self._heard.wait()
            except TimeoutError:
                self._become_stale()

    def add(self, member: Member) -> None:
        """A connection was opened. While the layer is silent, it learns that as soon as it is welcomed."""
        self.connections.add(member)
        if self.stale:
            safely(member.do, member.session.stale())

    def remove(self, member: Member) -> None:
        """A connection was closed."""
        self.connections.discard(member)

    async def join(self, topic: str, member: Member) -> None:
        """Pass the topic's events on to `member` from the return of this call on."""
        async with self._lock:
            self.members[topic].add(member)
            if len(self.members[topic]) == 1:
                await self._align(group(topic), wanted=True)
        if streams.of_topic(topic).every is not None:
            self._refresher.refresh(topic)

    async def leave(self, topic: str, member: Member) -> None:
        """Pass nothing of that topic on to `member` any more. With the last member, the process leaves the group."""
        async with self._lock:
            self.members[topic].discard(member)
            if not self.members[topic]:
                del self.members[topic]
                await self._align(group(topic), wanted=False)

    async def _align(self, name: str, wanted: bool) -> None:
        """Join or leave a group of the layer. If the layer is away, that is done when it is back."""
        self._unaligned.add(name)
        if self._missed:
            return
        layer = get_channel_layer()
        try:
            async with asyncio.timeout(HEARTBEAT_SECONDS):
                await (layer.group_add if wanted else layer.group_discard)(name, self.channel)
        except LAYER_AWAY as problem:
            logger.info("cannot %s %s now: %s", "join" if wanted else "leave", name, problem)
        else:
            self._unaligned.discard(name)

    async def _align_all(self) -> None:
        async with self._lock:
            wanted = {reauthorization.GROUP, HEARTBEAT, *map(group, self.members)}
            for name in tuple(self._unaligned):
                await self._align(name, name in wanted)

    # -- From the layer ------------------------------------------------------------------------------

    async def _receive(self) -> None:
        """Receive for ever. Whoever can write to Redis can send anything: it must not end this task."""
        layer = get_channel_layer()
        while True:
            try:
                await self._handle(await layer.receive(self.channel))
            except LAYER_AWAY as problem:
                logger.info("cannot receive from the channel layer: %s", problem)
                await asyncio.sleep(HEARTBEAT_SECONDS)
            except Exception as problem:
                _refuse("", problem)

    async def _handle(self, message: dict[str, Any]) -> None:
        if message["type"] == HEARTBEAT:
            presence.note(message["from"], message["sockets"])
            if message["from"] == self.channel:
                self._on_heartbeat()
        elif message["type"] == "live.reauthorize":
            if suspects := rechecks.suspects(self.connections, message):
                self._spawn(rechecks.recheck(suspects))
        elif "sealed" in message:
            await self._pass(message["topic"], message)
        else:
            self._refresher.refresh(message["topic"])

    async def _pass(self, topic: str, message: dict[str, Any]) -> None:
        """Send a signed event to the members of `topic`. One that is not genuine, or not of this topic, is refused."""
        if not (members := tuple(self.members.get(topic, ()))):
            return
        try:
            event = push.opened(message)
            if topic != message["topic"]:
                raise BadEnvelope(f"it was published under {message['topic']}")
            frame = partial(reading.event_frame, message["epoch"], event, streams.of_topic(topic))
        except Exception as problem:
            _refuse(topic, problem)
            return
        update = Update(frame)
        # The trace's last span: one in each process that has browsers to tell.
        with tracing.span("frame", message.get("traceparent", ""), sequence=event.sequence, sockets=len(members)):
            async for member in few_at_a_time(members):
                safely(member.passed, topic, update)
        metrics.browser_seconds.observe(max(0.0, time.time() - event.time.timestamp()))

    # -- Whether the layer works -----------------------------------------------------------------------

    async def _send_heartbeats(self) -> None:
        """Send a message to this process through the layer, again and again. If none comes back, the layer is away.

        The other processes count this one's sockets by it.
        """
        layer = get_channel_layer()
        while True:
            try:
                heartbeat = {"type": HEARTBEAT, "from": self.channel, "sockets": len(self.connections)}
                # `asyncio.wait_for` before Python 3.12 may swallow a cancellation.
                async with asyncio.timeout(HEARTBEAT_SECONDS):
                    if not self._heard.is_set():
                        for name in (HEARTBEAT, reauthorization.GROUP):
                            await layer.group_add(name, self.channel)
                            self._unaligned.discard(name)
                    await layer.group_send(HEARTBEAT, heartbeat)
            except LAYER_AWAY as problem:
                logger.debug("cannot send a heartbeat: %s", problem)
            if self._unaligned and not self._missed and self._heard.is_set():
                self._spawn(self._catch_up(0.0))
            await asyncio.sleep(HEARTBEAT_SECONDS if self._heard.is_set() or self.stale else FIRST_HEARTBEAT_SECONDS)

    def _on_heartbeat(self) -> None:
        """A heartbeat came back. After a silence, look for what was missed: now, and once more a little later, because
        Redis may accept the heartbeat's group before it accepts the others."""
        self._last_heartbeat = time.monotonic()
        self._heard.set()
        if self._missed:
            self._missed = self.stale = False
            for member in self.connections:
                member.session.heard()
            self._spawn(self._catch_up(0.0, HEARTBEAT_SECONDS))

    def _check_heartbeat(self, now: float) -> None:
        silence = now - self._last_heartbeat
        self._missed = self._missed or silence > 1.8 * HEARTBEAT_SECONDS
        if silence > (HEARTBEAT_MISSES + 0.5) * HEARTBEAT_SECONDS:
            self._become_stale()

    def _become_stale(self) -> None:
        if self.stale:
            return
        self.stale = self._missed = True
        logger.warning("the channel layer is silent; browsers are told, and kept up to date by beats")
        for member in tuple(self.connections):
            safely(member.do, member.session.stale())

    async def _catch_up(self, *waits: float) -> None:
        """Join what could not be joined, then send a beat to everybody; after each of these waits."""
        for seconds in waits:
            await asyncio.sleep(seconds)
            await self._align_all()
            await self._beat([member for member in self.connections if member.session.welcomed])

    # -- Every second --------------------------------------------------------------------------------

    async def _ticks(self) -> None:
        while True:
            await asyncio.sleep(1.0)
            await self._tick(time.monotonic())

    async def _tick(self, now: float) -> None:
        """Deadlines and beats. All beats of a second share one query per kind of stream."""
        self._check_heartbeat(now)
        beating: list[Member] = []
        async for member in few_at_a_time(self.connections):
            safely(member.do, member.session.overdue(now))
            if member.session.welcomed and now >= member.session.next_beat:
                beating.append(member)
        if beating:
            await self._beat(beating)
        if now >= self._recheck_at:
            self._recheck_at = now + settings.LIVE_RECHECK_SECONDS
            self._spawn(rechecks.recheck(list(self.connections)))

    async def _beat(self, members: list[Member]) -> None:
        topics = {topic for member in members for topic in member.topics()}
        try:
            epoch, heads = await in_database(partial(read_heads, topics))
        except Exception as problem:  # the database is away: no beat, and a client that hears nothing connects again
            logger.warning("cannot read the versions for a beat: %s", problem)
            return
        now = time.monotonic()
        async for member in few_at_a_time(members):
            safely(member.beat, heads, epoch, now)

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._background.add(task)
        task.add_done_callback(self._background.discard)


def _refuse(topic: str, problem: Exception) -> None:
    metrics.refused.labels("layer").inc()
    logger.error("refused a message of the channel layer %s: %s: %s", topic, type(problem).__name__, problem)


_hubs: dict[asyncio.AbstractEventLoop, Hub] = {}


def get_hub() -> Hub:
    """The hub of this event loop."""
    return _hubs.setdefault(asyncio.get_running_loop(), Hub())
