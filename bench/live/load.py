"""Thousands of websockets in one process: it notes when a frame came, and reads it afterwards.

picows does the framing in C, so that a frame costs the client a few microseconds; `ceiling` in the results is what this
client takes in from a server that does nothing else, which says whether the client was the bottleneck.
"""

import asyncio
import json
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

import picows


@dataclass(frozen=True)
class Dialect:
    """How to speak to one kind of server. Every hook takes and gives whole text frames."""

    url: Callable[[str], str]
    """Topic → where to connect."""
    headers: Callable[[str], dict[str, str]] = lambda topic: {}
    hello: Callable[[str], Iterable[bytes]] = lambda topic: ()
    reply: Callable[[bytes, str], bytes | None] = lambda frame, topic: None
    """What to answer at once."""
    ready: Callable[[bytes], bool] = lambda frame: frame == b"ready"
    greets: bool = True
    """Whether the server says anything by itself; else the handshake is all there is to wait for."""
    read: Callable[[bytes], tuple[str, int] | None] = lambda frame: (
        _read(json.loads(frame)) if frame[:1] == b"{" else None
    )
    """(topic, number) of a change, of any other frame None."""


def _read(frame: Any) -> tuple[str, int] | None:
    return (frame["s"], frame["n"]) if isinstance(frame, dict) and "n" in frame else None


@dataclass
class Socket(picows.WSListener):
    """One socket on one topic."""

    topic: str
    dialect: Dialect
    log: list[tuple[float, bytes]] = field(default_factory=list)
    closed: int | None = None
    ready: bool = False
    transport: Any = None
    welcome: asyncio.Event = field(default_factory=asyncio.Event)
    greet: bool = True

    def say(self, frame: bytes) -> None:
        """Send a text frame, if there is still somebody to send it to."""
        if self.transport:
            self.transport.send(picows.WSMsgType.TEXT, frame)

    def on_ws_connected(self, transport: picows.WSTransport) -> None:
        self.transport = transport
        if not self.dialect.greets:
            self.ready = True
            self.welcome.set()
        for frame in self.dialect.hello(self.topic) if self.greet else ():
            transport.send(picows.WSMsgType.TEXT, frame)

    def on_ws_frame(self, transport: picows.WSTransport, frame: picows.WSFrame) -> None:
        now = time.time()
        if frame.msg_type == picows.WSMsgType.CLOSE:
            self.closed = int(frame.get_close_code())
            transport.disconnect()
        elif frame.msg_type == picows.WSMsgType.TEXT:
            payload = frame.get_payload_as_bytes()
            if not self.ready and self.dialect.ready(payload):
                self.ready = True
                self.welcome.set()
            if answer := self.dialect.reply(payload, self.topic):
                transport.send(picows.WSMsgType.TEXT, answer)
            else:
                self.log.append((now, payload))

    def on_ws_disconnected(self, transport: picows.WSTransport) -> None:
        self.transport = None
        self.closed = self.closed or 1006
        self.welcome.set()

    def changes(self) -> dict[int, float]:
        """Number → when it came first."""
        found: dict[int, float] = {}
        for at, payload in self.log:
            if (read := self.dialect.read(payload)) and read[0] == self.topic:
                found.setdefault(read[1], at)
        return found


async def connect(dialect: Dialect, topic: str, seconds: float = 30.0) -> Socket:
    """A socket that has been told that it is watching. Raises TimeoutError, ConnectionError."""
    _, socket = await picows.ws_connect(
        lambda: Socket(topic, dialect),
        dialect.url(topic),
        extra_headers=dialect.headers(topic),
        websocket_handshake_timeout=seconds,
        read_buffer_init_size=2048,
        enable_auto_pong=True,
    )
    if socket is None:  # closed before picows had told us of it
        raise ConnectionError("closed at once")
    await asyncio.wait_for(socket.welcome.wait(), seconds)
    if not socket.ready:
        raise ConnectionError(f"closed with {socket.closed}")
    return socket


async def connect_at_last(dialect: Dialect, topic: str) -> Socket:
    """As a browser: who is refused comes back later, twice.

    A machine that stood still for a moment has let in a crowd at once.
    """
    for _ in range(2):
        try:
            return await connect(dialect, topic)
        except (OSError, TimeoutError, picows.WSError):
            await asyncio.sleep(1)
    return await connect(dialect, topic)


async def connect_all(dialect: Dialect, topics: list[str], rate: float = 200.0) -> list[Socket]:
    """So many a second: an orderly morning, not a storm."""
    started, tasks = time.monotonic(), []
    for n, topic in enumerate(topics):
        await asyncio.sleep(max(0.0, started + n / rate - time.monotonic()))
        tasks.append(asyncio.create_task(connect_at_last(dialect, topic)))
    return await asyncio.gather(*tasks)


async def close_all(sockets: list[Socket]) -> None:
    for socket in sockets:
        if socket.transport:
            socket.transport.send_close(picows.WSCloseCode.OK)
    await asyncio.sleep(0.2)
    for socket in sockets:
        if socket.transport:
            socket.transport.disconnect()
    await asyncio.sleep(0.5)
