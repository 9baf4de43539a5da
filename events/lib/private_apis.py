"""Every use of a name that a library does not document, in one place.

An upgrade of a library may change such a name without a word. `tests/test_private_apis.py` checks each of them, and
says which function here to look at. Each docstring says why the name is used and what it buys: the CPU time of the
public way divided by that of ours, from `bench/results/private-apis.json` (`python -m bench.kit bench.private_apis`
measures it again). What buys less than a tenth does not belong here.
"""

import asyncio
import sys
from collections.abc import AsyncIterator, Callable, Sequence
from concurrent.futures import Executor
from contextlib import nullcontext
from dataclasses import dataclass
from functools import partial
from typing import IO, Any, cast

from django.core import signals
from django.core.handlers.asgi import ASGIHandler, get_script_prefix
from django.core.handlers.base import BaseHandler
from django.db import connection
from django.db.models import Model, QuerySet
from django.db.models.query import get_related_populators  # type: ignore[attr-defined]
from django.http import HttpResponse, StreamingHttpResponse
from django.urls import set_script_prefix
from kombu.asynchronous import get_event_loop
from kombu.transport import redis

# -- Django ---------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Composed:
    """A statement of a query set: its SQL, its parameters, and `model`, which makes the model of a row."""

    sql: str
    parameters: Sequence[Any]
    locks: bool
    """Whether it is a `SELECT … FOR UPDATE`."""
    model: Callable[[Sequence[Any]], Any]


def compose(wanted: QuerySet[Any]) -> Composed:
    """Compose the statement of a query set once, for many calls with other values (`events.db.prepared`).

    Django has no prepared query set: it composes the SQL anew for every call, which takes longer than the database
    needs to answer. Reading a session 3.0 ×, an order 4.2 ×. Raises `TypeError` for a query set that is more than whole
    models of the default database.
    """
    asked: Any = wanted
    if asked._prefetch_related_lookups or asked.query.annotations or asked._fields is not None or asked._db:
        raise TypeError("a prepared query set has whole models of the default database, and nothing else")
    compiler: Any = wanted.query.get_compiler(connection.alias)
    sql, parameters = compiler.as_sql()
    # From here on as `django.db.models.query.ModelIterable` does it.
    info = compiler.klass_info
    columns = slice(info["select_fields"][0], info["select_fields"][-1] + 1)
    names = [column[0].target.attname for column in compiler.select[columns]]
    make: Callable[..., Model] = partial(wanted.model.from_db, connection.alias, names)
    related = get_related_populators(info, compiler.select, connection.alias)
    converters = compiler.get_converters([column[0] for column in compiler.select]).items()

    def model(row: Sequence[Any]) -> Model:
        # What a field makes of its column: JSON everywhere; on SQLite times, decimals and UUIDs, too.
        if converters:
            converted = list(row)
            for position, (functions, expression) in converters:
                for convert in functions:
                    converted[position] = convert(converted[position], expression, connection)
            row = converted
        made = make(row[columns])
        for populator in related:
            populator.populate(row, made)
        return made

    return Composed(sql, parameters, wanted.query.select_for_update, model)


def field_converters(fields: Sequence[Any]) -> list[tuple[int, Any, Any]]:
    """(column, converter, expression) for the columns that the database does not return as Python wants them.

    For `events.delivery.statements`, whose SQL (`SKIP LOCKED` with `UNION`) the ORM cannot express.
    """
    expressions = [field.get_col("x") for field in fields]
    return [
        (n, convert, expression)
        for n, expression in enumerate(expressions)
        for convert in (*connection.ops.get_db_converters(expression), *expression.get_db_converters(connection))
    ]


def wrap_for_good(connection: Any, wrapper: Callable[..., Any]) -> None:
    """Pass every statement of this connection through `wrapper`, as long as the process runs.

    A second call changes nothing.

    For `events.db.idle_transactions`. Django documents the attribute's context manager, `connection.execute_wrapper`,
    which ends with its block. It buys no time: there is no public way.
    """
    if wrapper not in connection.execute_wrappers:
        connection.execute_wrappers.append(wrapper)


class SynchronousHandler(ASGIHandler):
    """The parts of Django's ASGI handler that `shop.lib.threads` puts together in another way.

    Django's own handler makes a thread for each request and switches between it and the event loop for every middleware
    and signal. A request through all of the middleware: 6.3 ×.
    """

    threads: Executor | None = None  # for reading files; None is the event loop's own

    def __init__(self) -> None:
        BaseHandler.__init__(self)  # ASGIHandler's own would adapt the middleware to the event loop
        self.load_middleware(is_async=False)

    def answer(self, scope: Any, body: IO[bytes]) -> Any:
        """The response to a request whose body has been read: closed, and whole unless it is a long file.

        Blocks; call it in a thread.
        """
        with body:
            set_script_prefix(get_script_prefix(scope))
            signals.request_started.send(sender=type(self), scope=scope)
            request, response = self.create_request(scope, body)
            if request is not None:
                response = self.get_response(request)
            response = _whole(response, self.threads)
            response._handler_class = type(self)
            response.close()  # sends `request_finished`
            return response


PIECE = 1 << 16  # bytes of a file that are read at once


def _whole(response: Any, threads: Executor | None) -> Any:
    """A streaming response that needs this thread no longer.

    It was read to its end or, if it is a long file, is read piece by piece later.
    """
    if not response.streaming:
        return response
    file, closers = getattr(response, "file_to_stream", None), response._resource_closers
    whole: Any
    if file is not None and int(response.headers.get("Content-Length", 0)) > PIECE:
        whole = StreamingHttpResponse(_pieces(file, threads), status=response.status_code, headers=response.headers)
        closers = [close for close in closers if close != file.close]  # `_pieces` closes it
    else:
        whole = HttpResponse(response.getvalue(), status=response.status_code, headers=response.headers)
    whole.cookies = response.cookies
    whole._resource_closers = closers
    return whole


async def _pieces(file: IO[bytes], threads: Executor | None) -> AsyncIterator[bytes]:
    """The content of a file, read as the client takes it. The file is closed at its end, and when the client leaves."""
    try:
        while piece := await asyncio.get_running_loop().run_in_executor(threads, file.read, PIECE):
            yield piece
    finally:
        file.close()


def raw_stream(wrapper: Any) -> IO[str]:
    """The stream behind a command's `self.stdout`: the wrapper adds line ends, which breaks rich's progress bars."""
    return cast(IO[str], wrapper._out)


# -- Celery and kombu -----------------------------------------------------------------------------


def keep_client(channel: Any) -> Any:
    """Give a channel of kombu one Redis client that keeps its connection. Other channels stay as they are.

    kombu makes a client for each message, which asks a pool for a connection; there is no setting for it. One thread
    publishes on this channel, so one client is enough. A message: 1.8 ×.
    """
    if isinstance(channel, redis.Channel):
        client: Any = channel.Client(connection_pool=channel.pool, single_connection_client=True)
        setattr(channel, "conn_or_acquire", lambda given=None: nullcontext(given or client))  # noqa: B010 – a method
    return channel


def worker_loop() -> Any:
    """The event loop of this process's Celery worker, or None.

    `events.delivery.worker` wakes it, so that an idle worker on RabbitMQ stops at once instead of after 5 to 6 s.
    """
    return get_event_loop()


# -- channels_redis -------------------------------------------------------------------------------


def group_channel(group: str) -> str:
    """The Redis channel of a group of the pub/sub layer, for a plain Redis client.

    `async_to_sync(group_send)` makes an event loop and a Redis connection for each message. A push: 80 ×.
    """
    return f"asgi__group__{group}"


# -- daphne and autobahn --------------------------------------------------------------------------

MESSAGE_BYTES = 2 * 1024 * 1024
"""The largest websocket message that daphne collects; a larger one closes the socket with 1009."""


def prepare_daphne() -> None:
    """Bound the messages of daphne, and let it send the close codes 1012 (restart) and 1013 (try again later).

    daphne has no setting for either. Autobahn's `sendClose` raises for codes other than 1000 and 3000–4999, and the
    browser sees 1006. Both codes are registered for servers:
    https://www.iana.org/assignments/websocket/websocket.xml#close-code-number. Under another server this does nothing.
    """
    found = sys.modules.get("daphne.ws_protocol")
    if found is not None:
        found.WebSocketProtocol.serverClose = _server_close
        found.WebSocketProtocol.maxMessagePayloadSize = MESSAGE_BYTES


def _server_close(self: Any, code: int | None = None) -> None:
    self.sendCloseFrame(code=code or 1000)
