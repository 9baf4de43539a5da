"""Wake-up messages are sent by a thread of the process, so that no request waits for a broker.

The relay notifies again for a message that is lost here. So the thread's buffer is bounded, and a broker that is
away costs a message and nothing more.

Under a backlog most messages are not needed. If the ordered queue has an open delivery *before* ours after our
commit, a worker must handle that one first, and looks for more afterwards: no message is sent. A handler that takes
batches gets one message in `WINDOW` seconds for each partition. A handler with a fast path gets `FAST_PATH_LIMIT`:
enough for shoppers who change orders, and not for an import that changes all stock.
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
from events.delivery.message import WakeUp
from events.delivery.queues import queue_name
from events.delivery.registry import Handler
from events.lib import metrics
from events.models import Delivery

logger = logging.getLogger(__name__)

LIMIT = 10_000  # commits whose messages are kept while the broker is slow; the relay notifies for the others
TOGETHER = 200  # wake-up messages handled in one round
PAUSE = 1.0  # seconds without an attempt after the broker failed
WINDOW = 0.02  # seconds in which the messages of a batch handler are merged into one
FAST_PATH_LIMIT = 10  # messages in a window for a handler with a fast path; further ones are merged into one
IDLE = 5.0  # seconds without work after which the thread closes its database connection

__all__ = ["TASK", "WakeUp", "close", "depth", "flush", "notify", "send"]


class _Publisher:
    """One thread, one connection to the broker, and one bounded buffer."""

    def __init__(self) -> None:
        self.pid = os.getpid()
        self.line: queue.Queue[list[WakeUp] | None] = queue.Queue(LIMIT)
        self.closed_until = 0.0
        self.notified: dict[tuple[str, str], float] = {}  # (handler, stream) → when
        self.windows: dict[
            tuple[str, str], tuple[float, int]
        ] = {}  # (batch handler, partition) → start of the window, messages sent in it
        self.held: dict[tuple[str, str], tuple[float, WakeUp]] = {}  # batch handlers: (when to send, message)
        self.thread = threading.Thread(target=self.run, name="events-publisher", daemon=True)
        self.thread.start()

    def run(self) -> None:
        while True:
            wake_ups, taken, stop = self._next()
            try:
                fast_path, needed, perhaps = self._needed([*wake_ups, *self._released()])
                self._send(fast_path)
                self._send(needed)
                self._send(self._not_coming_anyway(perhaps))
            except Exception:  # the thread must go on
                logger.exception("wake-up messages are left to the relay")
            for _ in range(taken + stop):
                self.line.task_done()
            if stop:
                connection.close()
                broker.close()
                return

    @property
    def busy(self) -> bool:
        """Whether something waits to be sent."""
        return bool(self.line.unfinished_tasks or self.held)

    def _next(self) -> tuple[list[WakeUp], int, bool]:
        """Wait for messages. Returns them, the number of commits they are from, and whether to stop."""
        wait = min((when for when, _ in self.held.values()), default=time.monotonic() + IDLE) - time.monotonic()
        found: list[WakeUp] = []
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

    def _released(self) -> list[WakeUp]:
        now = time.monotonic()
        ready = [key for key, (when, _) in self.held.items() if when <= now]
        return [self.held.pop(key)[1] for key in ready]

    def _needed(self, wake_ups: list[WakeUp]) -> tuple[list[WakeUp], list[WakeUp], list[WakeUp]]:
        """Split messages into three: for fast paths, for other handlers, and for ordered queues that were notified a
        moment ago.

        Somebody may be at work on the last kind.
        """
        now = time.monotonic()
        fast_path: list[WakeUp] = []
        needed: dict[tuple[str, str], WakeUp] = {}
        perhaps: dict[tuple[str, str], WakeUp] = {}
        for wake_up in wake_ups:
            handler = registry.get(wake_up.handler)
            if handler is None:
                continue
            key = handler.name, wake_up.header.stream
            if handler.batch:
                if self._held(handler, wake_up, now):
                    self._coalesced(wake_up)
                elif handler.fast_path:
                    fast_path.append(wake_up)
                else:
                    needed[key] = wake_up
            elif key in needed or key in perhaps:
                self._coalesced(wake_up)
            else:
                lately = now - self.notified.get(key, -1e9) < settings.EVENT_NOTIFY_LEASE
                self.notified[key] = now
                (perhaps if lately else needed)[key] = wake_up
        if len(self.notified) > LIMIT:
            self.notified = {key: at for key, at in self.notified.items() if now - at < settings.EVENT_NOTIFY_LEASE}
        return fast_path, list(needed.values()), list(perhaps.values())

    def _held(self, handler: Handler, wake_up: WakeUp, now: float) -> bool:
        """Whether the window is full. Then the first message beyond it is kept until the window ends."""
        place = handler.name, queue_name(handler.queue, wake_up.header.stream)
        since, sent = self.windows.get(place, (-WINDOW, 0))
        if now - since >= WINDOW:
            since, sent = now, 0
        if sent >= (FAST_PATH_LIMIT if handler.fast_path else 1):
            self.held.setdefault(place, (since + WINDOW, wake_up))
            return True
        self.windows[place] = since, sent + 1
        return False

    def _not_coming_anyway(self, wake_ups: list[WakeUp]) -> list[WakeUp]:
        """The messages whose ordered queue has nothing open before them. Called when the others are sent, as it takes a
        query."""
        heads = self._heads(wake_ups) if wake_ups else {}
        behind = [h for h in wake_ups if heads.get((h.handler, h.header.stream), h.header.seq) < h.header.seq]
        for wake_up in behind:
            self._coalesced(wake_up)
        return [wake_up for wake_up in wake_ups if wake_up not in behind]

    def _heads(self, wake_ups: list[WakeUp]) -> dict[tuple[str, str], int]:
        """The lowest open sequence of each ordered queue. Empty if the database is away: then all messages are sent."""
        lines = Delivery.objects.open().filter(
            handler__in={wake_up.handler for wake_up in wake_ups},
            stream__in={wake_up.header.stream for wake_up in wake_ups},
        )
        try:
            rows = lines.order_by().values_list("handler", "stream").annotate(head=Min("seq"))
            return {(handler, stream): head for handler, stream, head in rows}
        except Exception as problem:
            logger.warning("cannot look at the ordered queues before notifying: %s", problem)
            connection.close()
            return {}

    def _coalesced(self, wake_up: WakeUp) -> None:
        if handler := registry.get(wake_up.handler):
            metrics.coalesced.labels(handler.name, handler.queue).inc()

    def _send(self, wake_ups: list[WakeUp]) -> None:
        if not wake_ups:
            return
        if time.monotonic() < self.closed_until:
            metrics.dropped.inc(len(wake_ups))
            return
        try:
            send(*wake_ups)
        except Exception as problem:  # whatever it is, the relay notifies again
            self.closed_until = time.monotonic() + PAUSE
            metrics.dropped.inc(len(wake_ups))
            logger.warning("the broker is away (%s: %s); the relay will notify again", type(problem).__name__, problem)


_publisher: _Publisher | None = None
_starting = threading.Lock()


def _get() -> _Publisher:
    global _publisher
    if _publisher is None or _publisher.pid != os.getpid():  # a thread does not survive a fork
        with _starting:
            if _publisher is None or _publisher.pid != os.getpid():
                _publisher = _Publisher()
    return _publisher


def notify(wake_ups: Iterable[WakeUp]) -> None:
    """Pass messages to the publisher thread. Never blocks, never raises."""
    try:
        if together := list(wake_ups):
            _get().line.put_nowait(together)
    except queue.Full:
        metrics.dropped.inc(len(together))


def flush(timeout: float = 5.0) -> None:
    """Wait until everything is sent, at most `timeout` seconds. For a process that is about to end."""
    if _publisher is None or _publisher.pid != os.getpid():
        return
    end = time.monotonic() + timeout
    while _publisher.busy and time.monotonic() < end:
        time.sleep(0.005)


def close() -> None:
    """Send what waits, and end the thread. The next `notify` starts another."""
    global _publisher
    flush()
    if _publisher is not None and _publisher.pid == os.getpid():
        _publisher.line.put(None)
        _publisher.thread.join(5)
    _publisher = None
