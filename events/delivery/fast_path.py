"""The fast path: some effects happen as soon as the wake-up message arrives; the deliveries are acknowledged later,
together.

In a worker a thread acknowledges, at most once in `EVERY` seconds, everything that was published meanwhile. So the
next message is published while the last one is still being acknowledged. If the process dies in between, the relay
notifies.
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
ENDING = 5.0  # seconds that a worker which stops may spend on the last acknowledgement; the relay does the rest

Acknowledging = Callable[[], None]


class Acknowledger:
    """A thread that runs the acknowledgements it is asked for, one for each handler."""

    def __init__(self) -> None:
        self.due: dict[str, Acknowledging] = {}
        self.lock = threading.Lock()
        self.asked = threading.Event()
        self.ending = False
        self.last = -EVERY
        self.thread = threading.Thread(target=self.run, name="events-acknowledger", daemon=True)
        self.thread.start()

    def ask(self, name: str, acknowledging: Acknowledging) -> None:
        """Ask for one soon. If one of this handler waits already, it does the work of both."""
        with self.lock:
            self.due[name] = acknowledging
        self.asked.set()

    def run(self) -> None:
        """Run until told to end and nothing is due."""
        while True:
            self.asked.wait()
            self.asked.clear()
            if not self.ending:
                time.sleep(max(0.0, self.last + EVERY - time.monotonic()))
            self.last = time.monotonic()
            with self.lock:
                todo, self.due = self.due, {}  # a request that arrives from now on starts a new pass
            for name, acknowledging in todo.items():
                try:
                    check()
                    acknowledging()
                except Exception:  # the thread must go on
                    logger.exception("%s is left to the relay", name)
            if self.ending and not self.due:
                return

    def end(self) -> None:
        """Acknowledge what is due, and end the thread."""
        self.ending = True
        self.asked.set()
        self.thread.join(ENDING)


_acknowledger: Acknowledger | None = None


def start() -> None:
    """Start the thread. For a worker process."""
    global _acknowledger
    _acknowledger = Acknowledger()


def stop() -> None:
    """End the thread: the worker stops."""
    global _acknowledger
    ending, _acknowledger = _acknowledger, None
    if ending:
        ending.end()


def acknowledge(name: str, acknowledging: Acknowledging) -> None:
    """Run the acknowledgement: on the thread if there is one, else here."""
    if _acknowledger:
        _acknowledger.ask(name, acknowledging)
    else:
        acknowledging()


def tell(handler: Handler, wake_up: WakeUp) -> None:
    """Call the handler's fast path with the event of a verified message. What it raises is only logged: the handler's
    own run meets the same problem, and counts it."""
    assert handler.fast_path
    try:
        handler.fast_path(open_for(handler.name, wake_up.header, wake_up.sealed, verified=True))
    except Exception as problem:
        logger.info("the fast path of %s failed: %s: %s", handler.name, type(problem).__name__, problem)
