"""HTTP under ASGI, answered by a few threads that stay."""

import asyncio
import contextvars
import functools
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from django.core import signals
from django.core.exceptions import RequestAborted
from django.core.handlers.asgi import ASGIHandler, get_script_prefix
from django.core.handlers.base import BaseHandler
from django.http import HttpResponse, HttpResponseBase
from django.urls import set_script_prefix

from events.db.connections import check
from events.live import shutdown


class InThreads(ASGIHandler):
    """Django's ASGI application for a site whose views are all synchronous, as this one's are.

    Django's own makes a thread for each request and changes between it and the event loop for every middleware and signal, which takes longer
    than most of our pages. Here a request is read by the event loop, answered from end to end by one thread of `most`, and sent by the event
    loop again. So a slow client holds no thread, a crowd of requests is a line and not a crowd of threads, and each thread keeps its
    database connection.
    """

    def __init__(self, most: int) -> None:
        BaseHandler.__init__(self)  # ASGIHandler's own would adapt the middleware to the event loop
        self.load_middleware(is_async=False)
        self.threads = ThreadPoolExecutor(most, thread_name_prefix="http")

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """One request."""
        try:
            body = await self.read_body(receive)
        except RequestAborted:
            return
        with shutdown.answering():
            # A context of its own, as its thread will soon have another request.
            answer = functools.partial(contextvars.copy_context().run, self._answer, scope, body)
            response = await asyncio.get_running_loop().run_in_executor(self.threads, answer)
            if shutdown.stopping():  # the next request on this connection would meet nobody
                response.headers["Connection"] = "close"
            await self.send_response(response, send)

    def _answer(self, scope: Any, body: Any) -> HttpResponseBase:
        """The response, whole and closed: nothing of it is left to this thread."""
        with body:
            set_script_prefix(get_script_prefix(scope))
            signals.request_started.send(sender=type(self), scope=scope)
            check()
            request, response = self.create_request(scope, body)
            if request is not None:
                response = self.get_response(request)
            response = _whole(response)
            response._handler_class = type(self)
            response.close()  # sends `request_finished`
            return response


def _whole(response: Any) -> Any:
    """A file that is served is read to its end."""
    if not response.streaming:
        return response
    whole: Any = HttpResponse(response.getvalue(), status=response.status_code, headers=response.headers)
    whole.cookies = response.cookies
    whole._resource_closers = response._resource_closers
    return whole
