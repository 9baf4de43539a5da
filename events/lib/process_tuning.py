"""Interpreter settings for long-lived processes that must answer at once.

A full garbage collection visits every object, and nothing is sent meanwhile. Django, Celery and the apps have so many
objects that this pause shows in the slowest pushes.
"""

import gc
import sys

YOUNG = 20_000
"""New objects before the youngest generation is collected. Python's default of 700 is less than one request."""

OLDER = 5
"""Collections of one generation before the next older one is collected, too.

An object that lives for minutes, such as a websocket, ends in the oldest generation, mostly in reference cycles. With
a larger number the oldest generation is collected too rarely, and the web process grows meanwhile. `make bench-hour`
measures it.
"""


def apply() -> None:
    """Freeze the loaded objects and switch threads faster. For web, worker and relay processes.

    A thread that waited for a socket or the database gets the interpreter after 0.5 ms instead of Python's 5. The
    interrupted work, such as a page, takes a little longer for it.
    """
    sys.setswitchinterval(0.0005)
    set_aside()


def set_aside() -> None:
    """Exclude the loaded objects from garbage collection. Call it after loading; calling it again does no harm."""
    gc.collect()
    gc.freeze()
    # CPython skips a full collection until the waiting objects are more than 25 % of those that survived the last one.
    # Collect again after `freeze`, so that the frozen objects do not count as survivors.
    gc.collect()
    gc.set_threshold(YOUNG, OLDER, OLDER)
