"""Blocking database code for the event loop, on threads of the live layer's own."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from events.db.connections import check

T = TypeVar("T")

# Not the threads of HTTP requests: a slow query there must not delay a snapshot.
_threads = ThreadPoolExecutor(max_workers=4, thread_name_prefix="live-db")


async def in_database(work: Callable[[], T]) -> T:
    """Run `work` on one of these threads, over a connection that was checked, and return its result."""

    def run() -> T:
        check()
        return work()

    return await asyncio.get_running_loop().run_in_executor(_threads, run)
