"""Ringing: one Celery message per (handler, stream), sent by a thread, so that no request ever waits for a broker.

A hint that is lost here is rung again by the relay. So the line is bounded, and a broker that is away costs a hint, no more.
"""

import base64
import logging
import os
import queue
import threading
import time
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from celery import current_app

from events import metrics
from events.envelope import Header, Sealed
from events.queues import queue_name
from events.registry import Handler

logger = logging.getLogger(__name__)

LINE = 10_000  # hints kept while the broker is slow; beyond that the relay does it
PAUSE = 1.0  # seconds without a try after the broker failed

TASK = "events.drain"


@dataclass(frozen=True)
class Hint:
    """That `handler` has something to do, with the signed event that says so."""

    handler: Handler
    header: Header
    sealed: Sealed
    rings: int = 0

    def message(self) -> dict[str, Any]:
        """As Celery keyword arguments, JSON."""
        return {
            "handler": self.handler.name,
            "id": str(self.header.id),
            "stream": self.header.stream,
            "seq": self.header.seq,
            "type": self.header.type,
            "version": self.header.version,
            "kid": self.sealed.kid,
            "body": base64.b64encode(self.sealed.body).decode(),
            "signature": base64.b64encode(self.sealed.signature).decode(),
            "rings": self.rings,
        }


def parse(message: dict[str, Any]) -> tuple[Header, Sealed]:
    """The envelope of a message. Raises `ValueError` or `KeyError` when it is not one."""
    header = Header(
        UUID(message["id"]), message["stream"], int(message["seq"]), message["type"], int(message["version"])
    )
    body, signature = (base64.b64decode(message[part], validate=True) for part in ("body", "signature"))
    return header, Sealed(body, message["kid"], signature)


def send(hint: Hint) -> None:
    """Publish one message now. Raises what the broker's client raises."""
    current_app.send_task(
        TASK,
        kwargs=hint.message(),
        queue=queue_name(hint.handler.queue, hint.header.stream),
        retry=False,
        ignore_result=True,
    )
    metrics.published.labels(hint.handler.name).inc()


class _Publisher:
    """One thread, one connection, one bounded line of hints."""

    def __init__(self) -> None:
        self.pid = os.getpid()
        self.line: queue.Queue[Hint] = queue.Queue(LINE)
        self.closed_until = 0.0
        threading.Thread(target=self.run, name="events-publisher", daemon=True).start()

    def run(self) -> None:
        while True:
            hint = self.line.get()
            try:
                if time.monotonic() >= self.closed_until:
                    send(hint)
                else:
                    metrics.dropped.inc()
            except Exception as problem:  # whatever it is, the relay rings again
                self.closed_until = time.monotonic() + PAUSE
                metrics.dropped.inc()
                logger.warning(
                    "the broker is away (%s: %s); the relay will ring again", type(problem).__name__, problem
                )
            finally:
                self.line.task_done()


_publisher: _Publisher | None = None
_starting = threading.Lock()


def _get() -> _Publisher:
    global _publisher
    if _publisher is None or _publisher.pid != os.getpid():  # a thread does not survive a fork
        with _starting:
            if _publisher is None or _publisher.pid != os.getpid():
                _publisher = _Publisher()
    return _publisher


def ring(hints: Iterable[Hint]) -> None:
    """Hand hints to the publisher thread; never blocks, never raises."""
    line = _get().line
    for hint in hints:
        try:
            line.put_nowait(hint)
        except queue.Full:
            metrics.dropped.inc()


def flush(timeout: float = 5.0) -> None:
    """Wait until what was rung is sent (before a short process ends). The relay covers what did not make it."""
    if _publisher is None or _publisher.pid != os.getpid():
        return
    end = time.monotonic() + timeout
    while _publisher.line.unfinished_tasks and time.monotonic() < end:
        time.sleep(0.005)
