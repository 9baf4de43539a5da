"""HTTP under ASGI, answered by a fixed number of threads."""

import asyncio
import contextvars
import functools
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from django.core.exceptions import RequestAborted
from django.http import HttpResponse, HttpResponseBase

from events.db import connections
from events.lib.private_apis import SynchronousHandler
from events.live import shutdown

MOST_BYTES = 12_000_000
"""Of a request's body: two pictures, and some more. The proxies of deploy/ let as much through."""


class InThreads(SynchronousHandler):
    """The ASGI application for HTTP. All views of this site are synchronous.

    The event loop reads a request, one thread of `most` answers it from end to end, and the event loop sends the
    response. So a slow client holds no thread, requests above `most` wait in a queue, and each thread keeps its
    database connection.
    """

    def __init__(self, most: int) -> None:
        super().__init__()
        self.threads = ThreadPoolExecutor(most, thread_name_prefix="http")

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        length = dict(scope["headers"]).get(b"content-length", b"0")
        if not length.isdigit() or int(length) > MOST_BYTES:
            await self.send_response(HttpResponse("Too large\n", status=413, content_type="text/plain"), send)
            return
        try:
            body = await self.read_body(receive)
        except RequestAborted:
            return
        with shutdown.answering():
            # Each request has a context of its own: its thread will soon have another request.
            answer = functools.partial(contextvars.copy_context().run, self.answer, scope, body)
            response = await asyncio.get_running_loop().run_in_executor(self.threads, answer)
            if shutdown.stopping():  # the next request on this connection would find no process
                response.headers["Connection"] = "close"
            await self.send_response(response, send)

    def answer(self, scope: Any, body: Any) -> HttpResponseBase:
        """The response, after the connection check."""
        connections.check()
        return super().answer(scope, body)
