"""The websocket at `/live/`. It carries out what `protocol.Session` decides."""

import asyncio
import logging
import random
import time
from collections.abc import Awaitable, Callable, Iterable
from functools import partial
from http.cookies import CookieError, SimpleCookie
from typing import Any
from urllib.parse import urlsplit

import msgspec
from django.conf import settings

from events.lib import metrics
from events.lib.client_address import client_address, network
from events.live import protocol, reading, reauthorization, shutdown, tickets
from events.live.database import in_database
from events.live.hub import get_hub
from events.live.limits import ANONYMOUS, EVERYBODY, Places
from events.live.members import Frame, Update
from events.live.streams import Stream, Viewer

logger = logging.getLogger(__name__)

# Frames that may wait for the transport. The window of `protocol` closes long before: this bounds a fault in our code
OUTBOX = 1000

Scope = dict[str, Any]
Receive = Callable[[], Awaitable[dict[str, Any]]]
SendCall = Callable[[dict[str, Any]], Awaitable[None]]


async def refuse(scope: Scope, receive: Receive, send: SendCall) -> None:
    """Close a websocket at any other path, with 4404."""
    await receive()
    await send({"type": "websocket.close", "code": 4404})


async def live(scope: Scope, receive: Receive, send: SendCall) -> None:
    """Serve one connection, from accept to close."""
    await receive()  # websocket.connect
    # Accept first: without it a browser shows every refusal as 1006.
    await send({"type": "websocket.accept"})
    hub, address = get_hub(), counted_by(scope)
    if not origin_allowed(scope):
        await send({"type": "websocket.close", "code": protocol.NOT_YOURS, "reason": "origin"})
    elif shutdown.stopping():
        await come_back(send, protocol.RESTART, shutdown.after_ms())
    elif wait := hub.limits.wait(time.monotonic()):
        await come_back(send, protocol.LATER, wait)
    else:
        places = Places(hub.limits)
        try:
            if address and not places.take(address, settings.LIVE_PER_ADDRESS):
                await send({"type": "websocket.close", "code": protocol.TOO_MANY, "reason": "too many of this address"})
            elif not places.take(EVERYBODY, settings.LIVE_MOST):
                await come_back(send, protocol.LATER, random.randint(5_000, 20_000))
            else:
                await Connection(scope, send, places, address).run(receive)
        finally:
            places.release()


def counted_by(scope: Scope) -> str:
    """What the sockets of this client are counted by: its address, or network; empty for one of `LIVE_PROXIES`."""
    forwarded = b",".join(value for name, value in scope["headers"] if name == b"x-forwarded-for").decode("latin-1")
    address = client_address((scope.get("client") or ("",))[0], forwarded, settings.TRUSTED_PROXIES)
    return "" if address in settings.LIVE_PROXIES else network(address)


async def come_back(send: SendCall, code: int, after_ms: int) -> None:
    """Send the client away: it should connect again later, to this or another process."""
    await send({"type": "websocket.send", "text": msgspec.json.encode(protocol.bye(code, after_ms)).decode()})
    await send({"type": "websocket.close", "code": code})


def origin_allowed(scope: Scope) -> bool:
    """Whether a page of this origin may connect: one of a host of ours, or in `LIVE_ORIGINS`.

    A client that sends no Origin is no browser, and has no cookies that a foreign page could use.
    """
    headers = dict(scope["headers"])
    origin = headers.get(b"origin", b"").decode("latin-1")
    if not origin:
        return True
    host = headers.get(b"host", b"").decode("latin-1")
    return origin in settings.LIVE_ORIGINS or (urlsplit(origin).netloc == host and _known_host(host))


def _known_host(host: str) -> bool:
    from django.http.request import split_domain_port, validate_host

    return validate_host(split_domain_port(host)[0], settings.ALLOWED_HOSTS)


def session_key(scope: Scope) -> str | None:
    """The session key in the cookies of the handshake."""
    cookies: SimpleCookie = SimpleCookie()
    try:
        cookies.load(dict(scope["headers"]).get(b"cookie", b"").decode("latin-1"))
    except CookieError:
        return None
    morsel = cookies.get(settings.SESSION_COOKIE_NAME)
    return morsel.value if morsel else None


class Connection:
    """A socket, its protocol session, and the frames that wait to be sent."""

    def __init__(self, scope: Scope, send: SendCall, places: Places, address: str) -> None:
        self.scope = scope
        self.places = places
        self.address = address
        self.send = send
        self.hub = get_hub()
        self.viewer = Viewer()
        self.proven = False
        """Whether the database has said that the ticket's rights still stand."""
        self.session_key = session_key(scope)
        self.joined: dict[str, str] = {}  # stream name → topic
        self.names: dict[str, str] = {}  # topic → stream name
        self.outbox: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self.loads: set[asyncio.Task[None]] = set()
        self.leaving: set[asyncio.Task[None]] = set()
        self.closing = False
        # Spread the renewals of sockets that were opened at the same time.
        renew = protocol.Timing.renew * random.uniform(0.9, 1.1)
        timing = protocol.Timing(settings.LIVE_BEAT_SECONDS, settings.LIVE_STALL_SECONDS, renew)
        self.session = protocol.Session(time.monotonic(), timing)

    async def run(self, receive: Receive) -> None:
        """Serve until either side closes."""
        writer = asyncio.create_task(self._write())
        reader = asyncio.create_task(self._read(receive))
        try:
            await self.hub.start()
            self.hub.add(self)
            await asyncio.wait({reader, writer}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            self.closing = True
            self.hub.remove(self)
            for task in (reader, writer, *self.loads):
                task.cancel()
            for topic in list(self.names):
                await self.hub.leave(topic, self)

    # -- Called by the hub; none of these blocks ------------------------------------------------------

    def topics(self) -> Iterable[str]:
        return self.names

    def passed(self, topic: str, update: Update) -> None:
        """An event of a sequential topic."""
        if name := self.names.get(topic):
            self.do(self.session.event(name, update.frame(name, self.viewer.language)))

    def refreshed(self, topic: str, update: Update) -> None:
        """The state of a topic without a sequence."""
        if name := self.names.get(topic):
            self.do(self.session.state(name, update.frame(name, self.viewer.language)))

    def beat(self, heads: dict[str, int], epoch: str, now: float) -> None:
        """Send a beat with the versions of the streams that are watched here."""
        mine = {name: heads[topic] for name, topic in self.joined.items() if topic in heads}
        self.do(self.session.beat(mine, epoch, now))

    def goodbye(self) -> None:
        """Ask the client to connect again: this process stops."""
        self._come_back(protocol.RESTART, shutdown.after_ms())

    # -- The two directions ------------------------------------------------------------------------

    async def _read(self, receive: Receive) -> None:
        while True:
            message = await receive()
            if message["type"] == "websocket.disconnect":
                return
            self.do(self.session.receive(message.get("text"), time.monotonic()))
            if self.closing:
                await asyncio.sleep(2.0)  # the writer sends the reason and closes; further frames are ignored
                return

    async def _write(self) -> None:
        while True:
            message = await self.outbox.get()
            await self.send(message)
            if message["type"] == "websocket.close":
                return

    def do(self, effects: list[protocol.Effect]) -> None:
        for effect in effects:
            if self.closing:
                return
            match effect:
                case protocol.Send(frame):
                    self._put(frame)
                case protocol.Close(code, reason):
                    self._close(code, reason)
                case protocol.Authenticate(ticket):
                    self._authenticate(ticket)
                case protocol.Load():
                    task = asyncio.create_task(self._load(effect))
                    self.loads.add(task)
                    task.add_done_callback(self.loads.discard)
                case protocol.Leave(stream):
                    topic = self.joined.pop(stream, None)
                    if topic:
                        self._leave(topic)

    def _leave(self, topic: str) -> None:
        del self.names[topic]
        task = asyncio.create_task(self.hub.leave(topic, self))
        self.leaving.add(task)  # never cancelled: a closed connection must not stay in the hub
        task.add_done_callback(self.leaving.discard)

    def _put(self, frame: dict[str, Any]) -> None:
        if self.outbox.qsize() >= OUTBOX:
            self._close(protocol.TOO_SLOW, "too slow")
            return
        text = frame.text if isinstance(frame, Frame) else msgspec.json.encode(frame).decode()
        self.outbox.put_nowait({"type": "websocket.send", "text": text})
        self.do(self.session.sent(len(text), time.monotonic()))

    def _close(self, code: int, reason: str) -> None:
        self.closing = True
        metrics.closed.labels(code).inc()
        self.outbox.put_nowait({"type": "websocket.close", "code": code, "reason": reason})

    def _come_back(self, code: int, after_ms: int) -> None:
        if not self.closing:
            self._put(protocol.bye(code, after_ms))
            self._close(code, "")

    def _later(self) -> None:
        self._come_back(protocol.LATER, random.randint(500, 3000))

    def _authenticate(self, ticket: str) -> None:
        try:
            self.viewer = tickets.redeem(ticket, self.session_key)
        except tickets.BadTicket as problem:
            self._close(protocol.NOT_SIGNED_IN, str(problem))
            return
        person = self.viewer.user_id or self.viewer.session
        if person and not self.places.take(person, settings.LIVE_PER_PERSON):
            self._close(protocol.TOO_MANY, "too many of one person")
            return
        known = self.viewer.user_id or self.viewer.grants
        if not known and not self.places.take(ANONYMOUS, settings.LIVE_MOST // 2):
            self._later()  # members, and guests with an order, still find a place
            return
        self.do(self.session.welcome())

    async def _load(self, load: protocol.Load) -> None:
        """Authorise, join, read, in this order: what happens after the reading arrives through the group."""
        name = load.stream
        try:
            proven, found = await in_database(partial(self._look_up, name), self.address)
            if not proven:
                self._close(protocol.NOT_SIGNED_IN, "no longer signed in")
                return
            self.proven = True
            if found is None:
                self.do(self.session.refused(name))
                return
            stream, topic = found
            if name not in self.joined:
                await self.hub.join(topic, self)
                self.joined[name] = topic
                self.names[topic] = name
            read = partial(reading.read, name, stream, topic, self.viewer.language, load.epoch, load.n)
            result = await in_database(read, self.address)
        except asyncio.CancelledError:
            raise
        except Exception as problem:  # the database is away
            logger.warning("cannot read %s now: %s: %s", name, type(problem).__name__, problem)
            self._later()
            return
        self.do(self.session.loaded(name, result.epoch, result.n, result.frames, time.monotonic()))
        if name not in self.session.watched and (gone := self.joined.pop(name, None)):
            self._leave(gone)  # unsubscribed while it was being read

    def _look_up(self, name: str) -> tuple[bool, tuple[Stream, str] | None]:
        """Whether the viewer may still watch, asked once, and the stream. Blocking.

        A ticket is good for a minute: the person may have signed out since.
        """
        if not self.proven and not reauthorization.still_good([(self.session_key, self.viewer)])[0]:
            return False, None
        return True, reading.topic_of(name, self.viewer)
