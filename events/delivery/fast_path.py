"""Handlers whose effect is itself a hint: done as soon as the message is there, settled later, many at a time.

Nobody waits for the settling. In a worker a thread of its own does it, at most once in `EVERY`, for all that was told meanwhile: so the next
message is told while the last is still being settled. Should the process die in between, the relay rings.
"""

import logging
import threading
import time
from collections.abc import Callable

from django.db import close_old_connections

from events.delivery.message import Hint
from events.delivery.registry import Handler
from events.log.envelope import open_for

logger = logging.getLogger(__name__)

EVERY = 0.1  # seconds
ENDING = 5.0  # seconds that a worker which stops has for its last settling; the relay does what is left

Settling = Callable[[], None]


class Settler:
    """A thread, and the settlings that are asked for, one for each handler."""

    def __init__(self) -> None:
        self.due: dict[str, Settling] = {}
        self.lock = threading.Lock()
        self.asked = threading.Event()
        self.ending = False
        self.last = -EVERY
        self.thread = threading.Thread(target=self.run, name="events-settler", daemon=True)
        self.thread.start()

    def ask(self, name: str, settling: Settling) -> None:
        """Soon. One that is asked for while another of this handler waits is the same: it finds both."""
        with self.lock:
            self.due[name] = settling
        self.asked.set()

    def run(self) -> None:
        """Until it is told to end, and nothing is due."""
        while True:
            self.asked.wait()
            self.asked.clear()
            if not self.ending:
                time.sleep(max(0.0, self.last + EVERY - time.monotonic()))
            self.last = time.monotonic()
            with self.lock:
                todo, self.due = self.due, {}  # from here on, who asks is not sure to be seen, and asks for another
            for name, settling in todo.items():
                try:
                    close_old_connections()
                    settling()
                except Exception:  # this thread must live
                    logger.exception("%s is left to the relay", name)
            if self.ending and not self.due:
                return

    def end(self) -> None:
        """Settle what is due, and end."""
        self.ending = True
        self.asked.set()
        self.thread.join(ENDING)


_settler: Settler | None = None


def start() -> None:
    """In a worker's process: from now on, settlings are done by a thread."""
    global _settler
    _settler = Settler()


def stop() -> None:
    """The worker ends."""
    global _settler
    ending, _settler = _settler, None
    if ending:
        ending.end()


def settle(name: str, settling: Settling) -> None:
    """Have it done: by the thread, where there is one."""
    if _settler:
        _settler.ask(name, settling)
    else:
        settling()


def tell(handler: Handler, hint: Hint) -> None:
    """Call the handler's early function with the event of a hint that was verified. What it raises is only logged: the handler's
    own run finds it, and counts."""
    assert handler.early
    try:
        handler.early(open_for(handler.name, hint.header, hint.sealed, verified=True))
    except Exception as problem:
        logger.info("%s could not be early: %s: %s", handler.name, type(problem).__name__, problem)
