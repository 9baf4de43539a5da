"""A client of the live protocol that knows only docs/live.md, and a network that fails when told."""

import asyncio
import contextlib
import json
import random
import re
from collections.abc import Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

import httpx
import websockets

T = TypeVar("T")


def in_loop(work: Coroutine[Any, Any, T], longest: float = 180.0) -> T:
    """Run a coroutine in a thread of its own: this one may have Playwright's event loop.

    What hangs fails after `longest` seconds.
    """

    async def in_time() -> T:
        async with asyncio.timeout(longest):
            return await work

    with ThreadPoolExecutor(1) as pool:
        return pool.submit(asyncio.run, in_time()).result()


class Visitor:
    """Somebody with a cookie jar."""

    def __init__(self, site: str) -> None:
        self.site = site
        self.http = httpx.Client(base_url=site, follow_redirects=True)
        self.ticket = ""

    def open(self, order: Any) -> "Visitor":
        """The order's page, by its signed link."""
        from orders import access_links

        return self.look(access_links.path(order))

    def look(self, path: str) -> "Visitor":
        """A page, and the ticket in it."""
        page = self.http.get(path).text
        found = re.search(r'name="live-ticket" content="([^"]+)"', page)
        assert found, page[:300]
        self.ticket = found[1]
        return self

    def cookies(self) -> str:
        return "; ".join(f"{c.name}={c.value}" for c in self.http.cookies.jar)

    def connect(self, at: str = "", **options: Any) -> Any:
        """A websocket to the site, or to another address `at`."""
        headers = {"Cookie": self.cookies()} | options.pop("headers", {})
        url = (at or self.site).replace("http", "ws") + "/live/"
        return websockets.connect(url, additional_headers=headers, proxy=None, **options)

    def hello(self, *subs: dict[str, Any], ticket: str | None = None) -> str:
        return json.dumps({"t": "hello", "v": 1, "ticket": ticket or self.ticket, "subs": list(subs)})


async def frame(socket: Any, seconds: float = 30) -> Any:
    """The next frame that says something of a stream; on a busy machine a beat or a doubt may come before it."""
    async with asyncio.timeout(seconds):
        while (received := json.loads(await socket.recv()))["t"] in ("beat", "stale"):
            pass
        return received


async def closed(socket: Any, seconds: float = 30) -> Any:
    """The code of the close that comes."""
    with contextlib.suppress(websockets.ConnectionClosed):
        while True:
            async with asyncio.timeout(seconds):
                await socket.recv()
    return socket.close_code


class Screen:
    """What a browser with this client would show.

    It keeps to the rule of docs/live.md, comes back after every cut, and notes what it was told.
    """

    HOLD = 0.25

    def __init__(self, visitor: Visitor, *streams: str, at: str = "", quiet: float = 50.0) -> None:
        self.visitor, self.at, self.quiet = visitor, at or visitor.site, quiet
        self.epochs: dict[str, str | None] = dict.fromkeys(streams)
        self.versions: dict[str, int | None] = dict.fromkeys(streams)
        self.shown: dict[str, Any] = {}
        self.held: dict[str, dict[int, Any]] = {stream: {} for stream in streams}
        self.log: list[tuple[str, int]] = []
        self.codes: list[int | None] = []
        self.received: list[str] = []
        self.failures: list[str] = []
        self.sockets = 0
        self.changed = asyncio.Event()
        self.socket: Any = None
        self.asking: dict[str, asyncio.Task[None]] = {}

    async def run(self) -> None:
        """Until cancelled."""
        tries = 0
        # A browser asks once more when a connection that it kept is closed under its question (RFC 9110, 9.2.2); here
        # none is kept.
        fresh = httpx.Limits(max_keepalive_connections=0)
        headers = {"Cookie": self.visitor.cookies()}
        async with httpx.AsyncClient(base_url=self.visitor.site, headers=headers, limits=fresh) as http:
            while True:
                wait = random.uniform(0.01, min(2.0, 0.1 * 2**tries))
                try:
                    ticket = (await http.get("/live/ticket")).raise_for_status().json()["ticket"]
                    async with self.visitor.connect(
                        self.at, ping_interval=None, open_timeout=30, close_timeout=1
                    ) as socket:
                        self.socket = socket
                        self.sockets += 1
                        subs = [{"s": s} | self._stands(s) for s in self.epochs]
                        wait = await self._listen(socket, self.visitor.hello(*subs, ticket=ticket), wait)
                        tries = 0
                        self.codes.append(socket.close_code)
                # Only what a network does. A frame that makes no sense ends the screen.
                except (OSError, httpx.HTTPError, websockets.WebSocketException, TimeoutError) as problem:
                    self.failures.append(repr(problem))
                    tries += 1
                finally:
                    self.socket = None
                    for task in self.asking.values():
                        task.cancel()
                    self.asking.clear()
                await asyncio.sleep(wait)

    def _stands(self, stream: str) -> dict[str, Any]:
        n = self.versions[stream]
        return {} if n is None else {"e": self.epochs[stream], "n": n}

    async def _listen(self, socket: Any, hello: str, wait: float) -> float:
        with contextlib.suppress(websockets.ConnectionClosed):
            await socket.send(hello)  # a process on its way out may have said goodbye already: it is read all the same
        with contextlib.suppress(websockets.ConnectionClosed, TimeoutError):
            while True:
                # Not `wait_for`: before Python 3.12 it swallows a cancellation that comes with a frame, and we would
                # run forever.
                async with asyncio.timeout(self.quiet):
                    text = await socket.recv()
                frame = json.loads(text)
                self.received.append(frame["t"])
                self.receive(frame)
                if frame["t"] == "beat":
                    await socket.send(json.dumps({"t": "ack", "b": frame["b"]}))
                elif frame["t"] == "bye":
                    wait = frame["after_ms"] / 1000
                self.changed.set()
        return wait

    def receive(self, frame: dict[str, Any]) -> None:
        """What a frame does to the screen."""
        if frame["t"] in ("snap", "ev"):
            self._take(frame)
        elif frame["t"] == "beat":
            for stream, head in frame["h"].items():
                if (self.versions.get(stream) or 0) < head:
                    self._ask(stream)

    def _take(self, frame: dict[str, Any]) -> None:
        stream, n = frame["s"], frame["n"]
        same, last = frame["e"] == self.epochs[stream], self.versions[stream]
        if frame["t"] == "snap":
            if not same or last is None or n >= last:
                self.epochs[stream] = frame["e"]
                self.held[stream] = {k: f for k, f in self.held[stream].items() if f["e"] == frame["e"]}
                self._show(frame)
        elif not same or last is None:
            self._ask(stream)
            return
        elif n > last:
            self.held[stream][n] = frame
        while following := self.held[stream].pop((self.versions[stream] or 0) + 1, None):
            self._show(following)
        if self.held[stream]:
            self._ask(stream)
        elif task := self.asking.pop(stream, None):
            task.cancel()

    def _show(self, frame: dict[str, Any]) -> None:
        stream = frame["s"]
        self.versions[stream] = frame["n"]
        self.shown[stream] = frame["d"]
        self.log.append((stream, frame["n"]))
        self.held[stream] = {n: f for n, f in self.held[stream].items() if n > frame["n"]}

    def _ask(self, stream: str) -> None:
        async def ask() -> None:
            await asyncio.sleep(self.HOLD)
            del self.asking[stream]
            if self.socket:
                with contextlib.suppress(websockets.ConnectionClosed):
                    await self.socket.send(json.dumps({"t": "sync", "s": stream} | self._stands(stream)))

        if stream not in self.asking:
            self.asking[stream] = asyncio.create_task(ask())

    async def until(self, condition: Callable[[], Any], seconds: float = 30.0, what: str = "the screen") -> Any:
        """Wait until the condition holds."""

        try:
            async with asyncio.timeout(seconds):
                while not (value := condition()):
                    self.changed.clear()
                    with contextlib.suppress(TimeoutError):
                        async with asyncio.timeout(0.2):
                            await self.changed.wait()
                return value
        except TimeoutError:
            raise AssertionError(
                f"waited {seconds} s for {what}: {self.versions} {self.codes[-5:]} "
                f"{self.received[-5:]} {self.failures[-5:]}"
            ) from None


class Network:
    """A TCP proxy in front of a server, on loopback: cut it, stall it, delay it, or let one side die without a word."""

    def __init__(self, target: str) -> None:
        self.lead_to(target)
        self.url = ""
        self.delay = 0.0
        self.down = False
        self.flowing = asyncio.Event()
        self.flowing.set()
        self.silent = False
        self._pairs: set[tuple[asyncio.StreamWriter, asyncio.StreamWriter]] = set()
        self._server: asyncio.Server | None = None

    async def __aenter__(self) -> "Network":
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", 0)
        self.url = f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._server
        self._server.close()
        self.cut()
        self.flowing.set()

    def cut(self) -> None:
        """Every connection is reset."""
        for near, far in tuple(self._pairs):
            near.transport.abort()
            far.transport.abort()

    async def outage(self, seconds: float) -> None:
        """Nothing gets through, and nobody can connect."""
        self.down = True
        self.cut()
        await asyncio.sleep(seconds)
        self.down = False

    def lead_to(self, target: str) -> None:
        """New connections go there from now on, as a load balancer does when a process is replaced."""
        host, _, port = target.removeprefix("http://").partition(":")
        self.target = (host, int(port))

    def stall(self) -> None:
        """Nothing is read any more, in either direction: buffers fill up, nobody is told."""
        self.flowing.clear()

    def flow(self) -> None:
        """Go on."""
        self.flowing.set()

    def half_open(self) -> None:
        """What arrives is thrown away, and nobody is told: a phone that left the network."""
        self.silent = True

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self.down:
            writer.transport.abort()
            return
        try:
            far_reader, far_writer = await asyncio.open_connection(*self.target)
        except OSError:
            writer.transport.abort()
            return
        pair = (writer, far_writer)
        self._pairs.add(pair)
        try:
            await asyncio.gather(self._pump(reader, far_writer), self._pump(far_reader, writer))
        finally:
            self._pairs.discard(pair)
            for side in pair:
                side.close()

    async def _pump(self, source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            while True:
                await self.flowing.wait()
                chunk = await source.read(4096)
                if not chunk:
                    break
                if self.delay:
                    await asyncio.sleep(self.delay)
                if not self.silent:
                    sink.write(chunk)
                    await sink.drain()
        sink.close()
