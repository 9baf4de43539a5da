"""What the hub knows of a connection, and what it sends to many of them."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Iterable
from typing import Any, Protocol

import msgspec

from events.live import protocol
from events.live.streams import Viewer

logger = logging.getLogger(__name__)

AT_A_TIME = 20
"""Connections that are served before the event loop may do something else."""


class Frame(dict[str, Any]):
    """A frame for many connections. It is encoded once."""

    _text: str | None = None

    @property
    def text(self) -> str:
        """The frame as JSON."""
        if self._text is None:
            self._text = msgspec.json.encode(self).decode()
        return self._text


class Update:
    """A change of one topic. `make(name, language)` builds its frame; `name` is the viewer's name for the topic."""

    def __init__(self, make: Callable[[str, str], dict[str, Any]]) -> None:
        self._make = make
        self._made: dict[tuple[str, str], Frame] = {}

    def frame(self, name: str, language: str) -> Frame:
        """The frame in that language, built when the first viewer needs it; later calls return the same object."""
        made = self._made.get((name, language))
        if made is None:
            made = self._made[name, language] = Frame(self._make(name, language))
        return made


class Member(Protocol):
    """A connection, as the hub sees it. None of these methods may block."""

    session: protocol.Session
    session_key: str | None
    viewer: Viewer
    names: dict[str, str]
    """topic → the viewer's name for it"""

    def topics(self) -> Iterable[str]:
        """The topics that it watches."""

    def passed(self, topic: str, update: Update) -> None:
        """An event of a sequential topic arrived."""

    def refreshed(self, topic: str, update: Update) -> None:
        """The state of a topic without a sequence was read."""

    def do(self, effects: list[protocol.Effect]) -> None:
        """Carry out what the session decided."""

    def beat(self, heads: dict[str, int], epoch: str, now: float) -> None:
        """Send a beat. `heads` holds the newest version of each topic; the member picks its own."""

    def goodbye(self) -> None:
        """This process is about to stop."""


async def few_at_a_time(members: Iterable[Member]) -> AsyncIterator[Member]:
    """Yield each member. Every `AT_A_TIME` members, let the event loop write what is waiting: a push must not wait for
    a thousand beats."""
    for n, member in enumerate(tuple(members), start=1):
        yield member
        if n % AT_A_TIME == 0:
            await asyncio.sleep(0)


def safely(call: Callable[..., None], *arguments: Any) -> None:
    """Call one connection's method. If it raises, log that and go on: the other connections must still be served."""
    try:
        call(*arguments)
    except Exception:
        logger.exception("a connection raised; the others go on")
