"""Handlers whose effect is itself a hint: done as soon as the message is there, settled later, many at a time.

Nobody waits for the settling. In a worker a thread of its own does it, at most once in `EVERY`, for all that was told meanwhile: so the next
message is told while the last is still being settled. Should the process die in between, the relay rings.
"""

import logging
import threading
import time
from collections.abc import Callable

from events.db.connections import check
from events.delivery.message import WakeUp
from events.delivery.registry import Handler
from events.log.envelope import open_for

logger = logging.getLogger(__name__)

EVERY = 0.1  # seconds
ENDING = 5.0  # seconds that a worker which stops has for its last settling; the relay does what is left

Acknowledging = Callable[[], None]


class Acknowledger:
    """A thread, and the settlings that are asked for, one for each handler."""

    def __init__(self) -> None:
        self.due: dict[str, Acknowledging] = {}
        self.lock = threading.Lock()
        self.asked = threading.Event()
        self.ending = False
        self.last = -EVERY
        self.thread = threading.Thread(target=self.run, name="events-settler", daemon=True)
        self.thread.start()

    def ask(self, name: str, acknowledging: Acknowledging) -> None:
        """Soon. One that is asked for while another of this handler waits is the same: it finds both."""
        with self.lock:
            self.due[name] = acknowledging
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
            for name, acknowledging in todo.items():
                try:
                    check()
                    acknowledging()
                except Exception:  # this thread must live
                    logger.exception("%s is left to the relay", name)
            if self.ending and not self.due:
                return

    def end(self) -> None:
        """Settle what is due, and end."""
        self.ending = True
        self.asked.set()
        self.thread.join(ENDING)


_acknowledger: Acknowledger | None = None


def start() -> None:
    """In a worker's process: from now on, settlings are done by a thread."""
    global _acknowledger
    _acknowledger = Acknowledger()


def stop() -> None:
    """The worker ends."""
    global _acknowledger
    ending, _acknowledger = _acknowledger, None
    if ending:
        ending.end()


def acknowledge(name: str, acknowledging: Acknowledging) -> None:
    """Have it done: by the thread, where there is one."""
    if _acknowledger:
        _acknowledger.ask(name, acknowledging)
    else:
        acknowledging()


def tell(handler: Handler, wake_up: WakeUp) -> None:
    """Call the handler's early function with the event of a hint that was verified. What it raises is only logged: the handler's
    own run finds it, and counts."""
    assert handler.fast_path
    try:
        handler.fast_path(open_for(handler.name, wake_up.header, wake_up.sealed, verified=True))
    except Exception as problem:
        logger.info("%s could not be early: %s: %s", handler.name, type(problem).__name__, problem)
