"""The hub: one per web process. It takes part in the channel layer once, and passes on to the connections of this process.

One layer channel per process instead of one per socket: a stream that a thousand tabs watch is received once, and where it
has no sequence of its own it is read once.
"""

import asyncio
import logging
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Coroutine, Iterable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any, Protocol, TypeVar

import msgspec
from channels.layers import get_channel_layer
from django.conf import settings
from redis.exceptions import RedisError

from events.db.connections import check
from events.lib import metrics, process_tuning, tracing
from events.live import presence, protocol, push, reading, reauthorization, shutdown, streams
from events.live.layer import group
from events.live.limits import Limits
from events.live.streams import Viewer
from events.log.envelope import BadEnvelope
from events.models import Log

logger = logging.getLogger(__name__)

T = TypeVar("T")

HEARTBEAT = "live.heartbeat"
HEARTBEAT_SECONDS = 1.0
HEARTBEAT_MISSES = 3
"""So many canaries that did not come back, and the clients are told that they may be stale."""
REFRESH_SECONDS = 0.1
"""A stream without a sequence is read at most so often, however often it changes."""
QUERY_TOPICS = 500
AT_A_TIME = 20
"""Connections that are looked at or told before whatever else waits has its turn."""

# Its own threads: a slow ORM call elsewhere in the process must not delay a snapshot.
_database = ThreadPoolExecutor(max_workers=4, thread_name_prefix="live-db")


async def in_database(work: Callable[[], T]) -> T:
    """Run blocking database code on the live layer's own threads."""

    def run() -> T:
        check()
        return work()

    return await asyncio.get_running_loop().run_in_executor(_database, run)


class Frame(dict[str, Any]):
    """A frame that many are sent: its text is made once."""

    _text: str | None = None

    @property
    def text(self) -> str:
        """As JSON."""
        if self._text is None:
            self._text = msgspec.json.encode(self).decode()
        return self._text


class Update:
    """What happened to a topic. `make` gives the frame under a name that a viewer has for the topic, in a language."""

    def __init__(self, make: Callable[[str, str], dict[str, Any]]) -> None:
        self._make = make
        self._made: dict[tuple[str, str], Frame] = {}

    def frame(self, name: str, language: str) -> Frame:
        """The same object for all who ask for the same; nothing is put in words that nobody reads."""
        made = self._made.get((name, language))
        if made is None:
            made = self._made[name, language] = Frame(self._make(name, language))
        return made


class Member(Protocol):
    """A connection, as the hub sees it. None of these may block."""

    session: protocol.Session
    session_key: str | None
    viewer: Viewer

    def topics(self) -> Iterable[str]:
        """What it watches."""

    def passed(self, topic: str, update: Update) -> None:
        """An event of a sequential topic."""

    def refreshed(self, topic: str, update: Update) -> None:
        """The state of a topic without a sequence."""

    def do(self, effects: list[protocol.Effect]) -> None:
        """Carry out."""

    def beat(self, heads: dict[str, int], epoch: str, now: float) -> None:
        """Send a beat with what it watches of these heads."""

    def goodbye(self) -> None:
        """This process stops."""


class Hub:
    """Groups of this process and who is in them."""

    def __init__(self) -> None:
        self.members: defaultdict[str, set[Member]] = defaultdict(set)
        self.connections: set[Member] = set()
        self.limits = Limits()
        self.channel = ""
        self.stale = False
        self._lock = asyncio.Lock()
        self._tasks: list[asyncio.Task[None]] = []
        self._background: set[asyncio.Task[None]] = set()
        self._refreshing: dict[str, bool] = {}  # topic → changed again since its reading began
        self._last_heartbeat = 0.0  # the last canary
        self._missed = False
        self._recheck_at = 0.0
        self._installed = False

    async def start(self) -> None:
        """Join the layer; called by every connection, done once."""
        async with self._lock:
            if not self._installed:
                shutdown.say_goodbye_to(self.connections)
                process_tuning.apply()
                self._installed = True
            if not self._tasks or any(task.done() for task in self._tasks):
                for task in self._tasks:
                    task.cancel()
                layer = get_channel_layer()
                self.channel = await layer.new_channel("live.")
                await layer.group_add(reauthorization.GROUP, self.channel)
                await layer.group_add(HEARTBEAT, self.channel)
                for topic in tuple(self.members):
                    await layer.group_add(group(topic), self.channel)
                self._last_heartbeat = time.monotonic()
                self._recheck_at = self._last_heartbeat + settings.LIVE_RECHECK_SECONDS
                self._tasks = [
                    asyncio.create_task(work) for work in (self._receive(), self._tick(), self._send_heartbeats())
                ]

    async def join(self, topic: str, member: Member) -> None:
        """From the return of this on, the member is told of the topic's events."""
        async with self._lock:
            if not self.members[topic]:
                await get_channel_layer().group_add(group(topic), self.channel)
            self.members[topic].add(member)
        if streams.of_topic(topic).every is not None:
            self._refresh(topic)

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

    # -- From the layer ------------------------------------------------------------------------------

    async def _receive(self) -> None:
        """Read the process's channel for ever. Whoever can write to Redis can send anything: it must not end this task."""
        layer = get_channel_layer()
        while True:
            try:
                await self._handle(await layer.receive(self.channel))
            except (OSError, RedisError) as problem:
                logger.warning("cannot receive from the channel layer: %s", problem)
                await asyncio.sleep(HEARTBEAT_SECONDS)
            except Exception as problem:
                _refuse("", problem)

    async def _handle(self, message: dict[str, Any]) -> None:
        if message["type"] == "live.heartbeat":
            presence.note(message["from"], message["sockets"])
            if message["from"] == self.channel:
                self._on_heartbeat()
        elif message["type"] == "live.reauthorize":
            self._reauthorize(message)
        elif "sealed" in message:
            await self._pass(message["topic"], message)
        else:
            self._refresh(message["topic"])

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
        # The trace's last span: one in each process that tells browsers, however many.
        with tracing.span("frame", message.get("traceparent", ""), sequence=event.sequence, sockets=len(members)):
            async for member in _few_at_a_time(members):
                _safely(member.passed, topic, update)
        metrics.browser_seconds.observe(max(0.0, time.time() - event.time.timestamp()))

    def _refresh(self, topic: str) -> None:
        """It changed: read it, unless that is about to happen; a change during the reading is a reason for another."""
        if topic in self._refreshing:
            self._refreshing[topic] = True
        elif topic in self.members:
            self._refreshing[topic] = False
            self._spawn(self._read(topic))

    async def _read(self, topic: str) -> None:
        stream = streams.of_topic(topic)
        try:
            while topic in self.members:
                self._refreshing[topic] = False
                epoch, snapshot = await in_database(partial(reading.state, stream, topic))
                update = Update(partial(reading.snap_frame, epoch, snapshot, stream))
                async for member in _few_at_a_time(self.members[topic]):
                    _safely(member.refreshed, topic, update)
                await asyncio.sleep(stream.every or REFRESH_SECONDS)
                if not self._refreshing[topic] and stream.every is None:
                    return
        except Exception as problem:  # the database is away: the beats find it
            logger.warning("cannot read %s now: %s: %s", topic, type(problem).__name__, problem)
        finally:
            del self._refreshing[topic]

    # -- Whether we hear at all ----------------------------------------------------------------------

    async def _send_heartbeats(self) -> None:
        """A canary: a message to ourselves, through the layer, so that silence can be told from deafness. The others count by it."""
        layer = get_channel_layer()
        while True:
            try:
                heartbeat = {"type": "live.heartbeat", "from": self.channel, "sockets": len(self.connections)}
                async with asyncio.timeout(
                    HEARTBEAT_SECONDS
                ):  # before Python 3.12, `wait_for` may swallow a cancellation
                    await layer.group_send(HEARTBEAT, heartbeat)
            except (TimeoutError, OSError, RedisError) as problem:
                logger.debug("the canary cannot sing: %s", problem)
            await asyncio.sleep(HEARTBEAT_SECONDS)

    def _on_heartbeat(self) -> None:
        """Back again after a silence: what passed by meanwhile is found by a look at the heads.

        And once more a little later: a group may be subscribed to after the canary's channel is.
        """
        self._last_heartbeat = time.monotonic()
        if self._missed:
            self._missed = self.stale = False
            self._spawn(self._beat_all(0.0, HEARTBEAT_SECONDS))

    def _check_heartbeat(self, now: float) -> None:
        silence = now - self._last_heartbeat
        self._missed = self._missed or silence > 1.8 * HEARTBEAT_SECONDS
        if silence > (HEARTBEAT_MISSES + 0.5) * HEARTBEAT_SECONDS and not self.stale:
            self.stale = True
            logger.warning("the channel layer is silent: browsers are told")
            for member in tuple(self.connections):
                _safely(member.do, member.session.stale())

    async def _beat_all(self, *waits: float) -> None:
        for seconds in waits:
            await asyncio.sleep(seconds)
            await self._beat([member for member in self.connections if member.session.welcomed])

    # -- Every second --------------------------------------------------------------------------------

    async def _tick(self) -> None:
        """Deadlines and beats. The heads of all beats of a second are one query per kind of stream."""
        while True:
            await asyncio.sleep(1.0)
            now = time.monotonic()
            self._check_heartbeat(now)
            beating: list[Member] = []
            async for member in _few_at_a_time(self.connections):
                _safely(member.do, member.session.overdue(now))
                if member.session.welcomed and now >= member.session.next_beat:
                    beating.append(member)
            if beating and not self.stale:  # a beat says that all is well
                await self._beat(beating)
            if now >= self._recheck_at:
                self._recheck_at = now + settings.LIVE_RECHECK_SECONDS
                self._spawn(self._recheck(list(self.connections)))

    async def _beat(self, members: list[Member]) -> None:
        topics = {topic for member in members for topic in member.topics()}
        try:
            epoch, heads = await in_database(partial(read_heads, topics))
        except Exception as problem:  # the database is away: no beat, and the client asks by itself
            logger.warning("no heads for this beat: %s", problem)
            return
        now = time.monotonic()
        async for member in _few_at_a_time(members):
            _safely(member.beat, heads, epoch, now)

    # -- Who may still watch -------------------------------------------------------------------------

    def _reauthorize(self, message: dict[str, Any]) -> None:
        users, session = set(message["users"]), message["session"]
        suspects = [
            m for m in self.connections if m.viewer.user_id in users or (session and m.viewer.session == session)
        ]
        if suspects:
            self._spawn(self._recheck(suspects))

    async def _recheck(self, members: list[Member]) -> None:
        for start in range(0, len(members), QUERY_TOPICS):
            some = [member for member in members[start : start + QUERY_TOPICS] if member.session.welcomed]
            watchers = [(member.session_key, member.viewer) for member in some]
            try:
                good = await in_database(partial(reauthorization.still_good, watchers))
            except Exception as problem:  # the database is away; the next look will tell
                logger.warning("cannot look at who may watch: %s", problem)
                return
            for member, fine in zip(some, good, strict=True):
                if not fine:
                    _safely(member.do, [protocol.Close(protocol.NOT_SIGNED_IN, "no longer signed in")])

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._background.add(task)
        task.add_done_callback(self._background.discard)


async def _few_at_a_time(members: Iterable[Member]) -> AsyncIterator[Member]:
    """Each of them; between some the loop writes what the first were told, and no push waits for a thousand beats."""
    for n, member in enumerate(tuple(members), start=1):
        yield member
        if n % AT_A_TIME == 0:
            await asyncio.sleep(0)


def _refuse(topic: str, problem: Exception) -> None:
    metrics.refused.labels("layer").inc()
    logger.error("refused a message of the channel layer %s: %s: %s", topic, type(problem).__name__, problem)


def _safely(tell: Callable[..., None], *what: Any) -> None:
    """One connection's trouble must not deafen the others."""
    try:
        tell(*what)
    except Exception:
        logger.exception("a connection could not be told")


def read_heads(topics: set[str]) -> tuple[str, dict[str, int]]:
    """The epoch, and the newest version of each topic, by one query per kind of stream and 500 topics."""
    heads: dict[str, int] = {}
    for stream in streams.all_streams():
        mine = [topic for topic in topics if streams.of_topic(topic) is stream]
        for start in range(0, len(mine), QUERY_TOPICS):
            heads |= stream.heads(mine[start : start + QUERY_TOPICS])
    return Log.current_epoch(), heads


_hubs: dict[asyncio.AbstractEventLoop, Hub] = {}


def get_hub() -> Hub:
    """The hub of this event loop."""
    return _hubs.setdefault(asyncio.get_running_loop(), Hub())
