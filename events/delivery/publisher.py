"""Ringing: Celery messages, sent by a thread, so that no request ever waits for a broker.

A hint that is lost here is rung again by the relay. So the line is bounded, and a broker that is away costs a hint, no more.

Under a backlog most hints need not be sent. If after our commit the line has an open delivery *before* ours, somebody has to handle that one
first, and looks again afterwards: no message. Handlers that take batches are rung at most once in `WINDOW` for each partition; early
ones so often as shoppers change orders, and not so often as an import changes stock.
"""

import logging
import os
import queue
import threading
import time
from collections.abc import Iterable

from django.conf import settings
from django.db import connection
from django.db.models import Min

from events.delivery import broker, registry
from events.delivery.broker import TASK, depth, send
from events.delivery.message import Hint
from events.delivery.queues import queue_name
from events.delivery.registry import Handler
from events.lib import metrics
from events.models import Delivery

logger = logging.getLogger(__name__)

LINE = 10_000  # commits whose hints are kept while the broker is slow; beyond that the relay does it
TOGETHER = 200  # hints looked at together
PAUSE = 1.0  # seconds without a try after the broker failed
WINDOW = 0.02  # seconds in which a batch handler's hints become one
EARLY = 10  # hints in a window that are sent for an early handler; the others become one
IDLE = 5.0  # seconds after which the thread gives its database connection back

__all__ = ["TASK", "Hint", "close", "depth", "flush", "ring", "send"]


class _Publisher:
    """One thread, one connection, one bounded line of hints."""

    def __init__(self) -> None:
        self.pid = os.getpid()
        self.line: queue.Queue[list[Hint] | None] = queue.Queue(LINE)
        self.closed_until = 0.0
        self.rung: dict[tuple[str, str], float] = {}  # (handler, stream) → when
        self.windows: dict[tuple[str, str], tuple[float, int]] = {}  # (batch handler, queue) → since when, hints sent
        self.held: dict[tuple[str, str], tuple[float, Hint]] = {}  # batch handlers: to be sent at that time
        self.thread = threading.Thread(target=self.run, name="events-publisher", daemon=True)
        self.thread.start()

    def run(self) -> None:
        while True:
            hints, taken, stop = self._next()
            try:
                early, needed, perhaps = self._needed([*hints, *self._released()])
                self._send(early)
                self._send(needed)
                self._send(self._not_coming_anyway(perhaps))
            except Exception:  # this thread must live
                logger.exception("hints are left to the relay")
            for _ in range(taken + stop):
                self.line.task_done()
            if stop:
                connection.close()
                broker.close()
                return

    @property
    def busy(self) -> bool:
        """Whether something is still to be sent."""
        return bool(self.line.unfinished_tasks or self.held)

    def _next(self) -> tuple[list[Hint], int, bool]:
        """What there is, waiting for the first; of how many commits; and whether to stop."""
        wait = min((when for when, _ in self.held.values()), default=time.monotonic() + IDLE) - time.monotonic()
        found: list[Hint] = []
        taken = 0
        try:
            item = self.line.get(timeout=max(0.0, wait))
            while item is not None:
                taken += 1
                found += item
                if len(found) >= TOGETHER:
                    return found, taken, False
                item = self.line.get_nowait()
        except queue.Empty:
            if not found and not self.held:
                connection.close()
            return found, taken, False
        return found, taken, True

    def _released(self) -> list[Hint]:
        now = time.monotonic()
        ready = [key for key, (when, _) in self.held.items() if when <= now]
        return [self.held.pop(key)[1] for key in ready]

    def _needed(self, hints: list[Hint]) -> tuple[list[Hint], list[Hint], list[Hint]]:
        """Those to be sent, of early handlers and of others; and those of lines that were rung for a moment ago, which may have somebody at work."""
        now = time.monotonic()
        early: list[Hint] = []
        needed: dict[tuple[str, str], Hint] = {}
        perhaps: dict[tuple[str, str], Hint] = {}
        for hint in hints:
            handler = registry.get(hint.handler)
            if handler is None:
                continue
            key = handler.name, hint.header.stream
            if handler.batch:
                if self._held(handler, hint, now):
                    self._coalesced(hint)
                elif handler.early:
                    early.append(hint)
                else:
                    needed[key] = hint
            elif key in needed or key in perhaps:
                self._coalesced(hint)
            else:
                lately = now - self.rung.get(key, -1e9) < settings.EVENT_RING_LEASE
                self.rung[key] = now
                (perhaps if lately else needed)[key] = hint
        if len(self.rung) > LINE:
            self.rung = {key: at for key, at in self.rung.items() if now - at < settings.EVENT_RING_LEASE}
        return early, list(needed.values()), list(perhaps.values())

    def _held(self, handler: Handler, hint: Hint, now: float) -> bool:
        """Whether the window is full; then the first of those that came too many is kept until it ends."""
        place = handler.name, queue_name(handler.queue, hint.header.stream)
        since, sent = self.windows.get(place, (-WINDOW, 0))
        if now - since >= WINDOW:
            since, sent = now, 0
        if sent >= (EARLY if handler.early else 1):
            self.held.setdefault(place, (since + WINDOW, hint))
            return True
        self.windows[place] = since, sent + 1
        return False

    def _not_coming_anyway(self, hints: list[Hint]) -> list[Hint]:
        """Those whose line has nothing open before them. Asked for only when the others are sent: the question takes its time."""
        heads = self._heads(hints) if hints else {}
        behind = [h for h in hints if heads.get((h.handler, h.header.stream), h.header.seq) < h.header.seq]
        for hint in behind:
            self._coalesced(hint)
        return [hint for hint in hints if hint not in behind]

    def _heads(self, hints: list[Hint]) -> dict[tuple[str, str], int]:
        """The lowest open sequence of each line; empty if the database is away, which is no reason not to ring."""
        lines = Delivery.objects.open().filter(
            handler__in={hint.handler for hint in hints}, stream__in={hint.header.stream for hint in hints}
        )
        try:
            rows = lines.order_by().values_list("handler", "stream").annotate(head=Min("seq"))
            return {(handler, stream): head for handler, stream, head in rows}
        except Exception as problem:
            logger.warning("cannot look at the lines before ringing: %s", problem)
            connection.close()
            return {}

    def _coalesced(self, hint: Hint) -> None:
        if handler := registry.get(hint.handler):
            metrics.coalesced.labels(handler.name, handler.queue).inc()

    def _send(self, hints: list[Hint]) -> None:
        if not hints:
            return
        if time.monotonic() < self.closed_until:
            metrics.dropped.inc(len(hints))
            return
        try:
            send(*hints)
        except Exception as problem:  # whatever it is, the relay rings again
            self.closed_until = time.monotonic() + PAUSE
            metrics.dropped.inc(len(hints))
            logger.warning("the broker is away (%s: %s); the relay will ring again", type(problem).__name__, problem)


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
    try:
        if together := list(hints):
            _get().line.put_nowait(together)
    except queue.Full:
        metrics.dropped.inc(len(together))


def flush(timeout: float = 5.0) -> None:
    """Wait until what was rung is sent (before a short process ends). The relay covers what did not make it."""
    if _publisher is None or _publisher.pid != os.getpid():
        return
    end = time.monotonic() + timeout
    while _publisher.busy and time.monotonic() < end:
        time.sleep(0.005)


def close() -> None:
    """Send what there is and end the thread; another is started when it is wanted."""
    global _publisher
    flush()
    if _publisher is not None and _publisher.pid == os.getpid():
        _publisher.line.put(None)
        _publisher.thread.join(5)
    _publisher = None
