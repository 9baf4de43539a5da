"""The simulator's browsers: what a page would have seen of each order, over the public live protocol."""

import asyncio
import json
import threading
import time
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import datetime
from importlib import import_module
from typing import Any

import websockets
from django.conf import settings
from django.utils import timezone

from events.live import tickets
from events.live.streams import Viewer
from orders import access_links

SECONDS = 3600  # that a session of the simulator lasts


@dataclass
class Seen:
    """The frames of one stream that the watcher received."""

    versions: list[int] = field(default_factory=list)
    status: str = ""
    epoch: str = ""
    delays: list[float] = field(default_factory=list)

    def take(self, frame: dict[str, Any]) -> None:
        """Record a frame."""
        self.versions.append(frame["n"])
        self.status, self.epoch = frame["d"]["status"], frame["e"]
        if frame["t"] == "ev":
            age = timezone.now() - datetime.fromisoformat(frame["at"])
            self.delays.append(age.total_seconds() * 1000)


class Watcher:
    """A simulated browser for each order: a socket that speaks the public protocol and resumes after a cut."""

    def __init__(self, base: str) -> None:
        self.url = base.replace("http", "ws", 1) + "/live/"
        self.seen: defaultdict[str, Seen] = defaultdict(Seen)
        self.problem = ""
        self.loop = asyncio.new_event_loop()
        self.sockets: list[asyncio.Task[None]] = []

    def start(self) -> bool:
        """Whether a socket can be opened. If not, `problem` says why."""
        threading.Thread(target=self.loop.run_forever, daemon=True).start()
        try:
            asyncio.run_coroutine_threadsafe(self._try(), self.loop).result(15)
        except Exception as problem:
            self.problem = f"{type(problem).__name__}: {problem}"
        return not self.problem

    def watch(self, stream: str) -> None:
        """Begin to watch. Returns when the snapshot has arrived."""
        asyncio.run_coroutine_threadsafe(self._open(_Shopper.of(stream)), self.loop).result(30)

    def _connect(self, session_key: str) -> Any:
        headers = {"Cookie": f"{settings.SESSION_COOKIE_NAME}={session_key}"}
        return websockets.connect(self.url, additional_headers=headers, proxy=None, open_timeout=20)

    async def _try(self) -> None:
        async with self._connect("") as socket:
            await socket.send(json.dumps({"t": "hello", "v": 1, "ticket": tickets.sign(Viewer(), None)}))

    async def _open(self, shopper: "_Shopper") -> None:
        first = asyncio.Event()
        self.sockets.append(asyncio.create_task(self._follow(shopper, first)))
        await first.wait()

    async def _follow(self, shopper: "_Shopper", first: asyncio.Event) -> None:
        stream, seen = shopper.stream, self.seen[shopper.stream]
        while True:
            try:
                async with self._connect(shopper.session_key) as socket:
                    sub = {"s": stream} | ({"e": seen.epoch, "n": seen.versions[-1]} if seen.versions else {})
                    hello = {"t": "hello", "v": 1, "ticket": shopper.ticket(), "subs": [sub]}
                    await socket.send(json.dumps(hello))
                    async for text in socket:
                        frame = json.loads(text)
                        if frame["t"] == "beat":
                            await socket.send(json.dumps({"t": "ack", "b": frame["b"]}))
                        elif frame["t"] in ("ev", "snap"):
                            seen.take(frame)
                            first.set()
            except (OSError, websockets.WebSocketException):
                pass
            await asyncio.sleep(0.3)


@dataclass(frozen=True)
class _Shopper:
    """A guest's session that may see its order, as after its access link."""

    stream: str
    session_key: str

    @classmethod
    def of(cls, stream: str) -> "_Shopper":
        store = import_module(settings.SESSION_ENGINE).SessionStore()
        store[tickets.GRANTS] = {_grant(stream): time.time() + SECONDS}
        store.set_expiry(SECONDS)
        store.create()
        return cls(stream, store.session_key)

    def ticket(self) -> str:
        """The ticket that `GET /live/ticket` would give to that session."""
        return tickets.sign(Viewer(grants=frozenset({_grant(self.stream)})), self.session_key)


def _grant(stream: str) -> str:
    """What a session has in which a new order's access link was followed."""
    return access_links.grant(stream, 1, access_links.Strength.LOOK)
