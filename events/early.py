"""Handlers whose effect is itself a hint: done as soon as the message is there, settled later, many at a time.

Nobody waits for the settling, so a process settles at most once in `EVERY`. A message that comes while a settling is about to begin
can leave: what it stands for was committed before, and is found. Should the process die in between, the relay rings.
"""

import logging
import threading
import time
from collections import defaultdict
from dataclasses import dataclass, field

from events.envelope import open_for
from events.message import Hint
from events.registry import Handler

logger = logging.getLogger(__name__)

EVERY = 0.1  # seconds


@dataclass
class _Turn:
    lock: threading.Lock = field(default_factory=threading.Lock)
    waiting: bool = False
    last: float = -EVERY


_turns: defaultdict[str, _Turn] = defaultdict(_Turn)


def tell(handler: Handler, hint: Hint) -> None:
    """Call the handler's early function with the event of a hint that was verified. What it raises is only logged: the handler's
    own run finds it, and counts."""
    assert handler.early
    try:
        handler.early(open_for(handler.name, hint.header, hint.sealed, verified=True))
    except Exception as problem:
        logger.info("%s could not be early: %s: %s", handler.name, type(problem).__name__, problem)


def turn(handler: Handler) -> bool:
    """Wait for this process's next settling to be due; False at once if another thread waits for it already."""
    mine = _turns[handler.name]
    with mine.lock:
        if mine.waiting:
            return False
        mine.waiting = True
    time.sleep(max(0.0, mine.last + EVERY - time.monotonic()))
    with mine.lock:
        mine.waiting = False  # from here on, who comes is not sure to be seen
        mine.last = time.monotonic()
    return True
