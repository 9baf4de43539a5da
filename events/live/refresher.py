"""Streams without a sequence: when one changes, it is read once for all who watch it."""

import asyncio
import logging
from collections.abc import Callable, Coroutine, Mapping
from functools import partial
from typing import Any

from events.live import reading, streams
from events.live.database import in_database
from events.live.members import Member, Update, few_at_a_time, safely

logger = logging.getLogger(__name__)

REFRESH_SECONDS = 0.1
"""Seconds between two readings of a stream without a sequence, however often it changes."""


class Refresher:
    """Reads the topics of `members` that changed. `spawn` runs a coroutine in the background."""

    def __init__(self, members: Mapping[str, set[Member]], spawn: Callable[[Coroutine[Any, Any, None]], None]) -> None:
        self.members = members
        self._spawn = spawn
        self._refreshing: dict[str, bool] = {}  # topic → it changed again after its reading began

    def refresh(self, topic: str) -> None:
        """Read a topic that changed. A change during a reading causes one more reading after it."""
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
                async for member in few_at_a_time(self.members[topic]):
                    safely(member.refreshed, topic, update)
                await asyncio.sleep(stream.every or REFRESH_SECONDS)
                if not self._refreshing[topic] and stream.every is None:
                    return
        except Exception as problem:  # the database is away: the next beat finds the change
            logger.warning("cannot read %s now: %s: %s", topic, type(problem).__name__, problem)
        finally:
            del self._refreshing[topic]
