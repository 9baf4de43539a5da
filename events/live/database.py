"""Blocking database code for the event loop, on threads of the live layer's own."""

import asyncio
from collections.abc import Callable, Hashable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from events.db.connections import check
from events.live.turns import Turns

T = TypeVar("T")

THREADS = 4
# Not the threads of HTTP requests: a slow query there must not delay a snapshot.
_threads = ThreadPoolExecutor(max_workers=THREADS, thread_name_prefix="live-db")
_turns = Turns(THREADS)


async def in_database(work: Callable[[], T], who: Hashable = None) -> T:
    """Run `work` on one of these threads, over a connection that was checked, and return its result.

    `who` is the client that it is done for: clients have their turns, so one with many questions keeps none waiting.
    """

    def run() -> T:
        check()
        return work()

    async with _turns.turn(who):
        return await asyncio.get_running_loop().run_in_executor(_threads, run)
