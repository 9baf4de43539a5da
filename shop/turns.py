"""Requests take turns, so that a crowd of them does not become a crowd of threads."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

Application = Callable[..., Awaitable[None]]


def a_few_at_a_time(application: Application, most: int) -> Application:
    """Let `most` requests in; the others wait for their turn, which costs nothing.

    Django gives each request under ASGI a thread of its own. When thousands of browsers come back at once, thousands of threads
    would fight for one interpreter and a pool of twenty connections, and none would be answered in time.
    """
    turns = asyncio.Semaphore(most)

    async def run(*call: Any) -> None:
        async with turns:
            await application(*call)

    return run
