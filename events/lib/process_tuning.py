"""What a long-lived process does so that somebody who waits is answered at once.

A full collection visits every object. With the half million that Django, Celery and the apps bring along that is a tenth of a second in
which nobody is told anything; it was the whole tail of the push latency at 200 changes a second.
"""

import gc
import sys

YOUNG = 20_000
"""Objects more than were freed before the youngest are looked at. The default of 700 is one request."""

OLDER = 5
"""Looks at a generation before the next older is looked at, too.

Whatever lives for some minutes, as a websocket does, is in the oldest when it ends, and most of it is in cycles: with 20 of 20 nobody looked
there for 80 minutes of one order a second, and the web process grew by 10 MiB an hour.
"""


def apply() -> None:
    """For a process that tells somebody: set aside what is there, and take turns quickly.

    A thread that waited – for a socket, for the database – gets the interpreter back after half a millisecond, not after five. What
    is interrupted for it takes longer: a page by a tenth.
    """
    sys.setswitchinterval(0.0005)
    set_aside()


def set_aside() -> None:
    """Call it when the process has loaded what it works with; again does no harm."""
    gc.collect()
    gc.freeze()
    # Python looks at the oldest only when a quarter as much has joined them as was left by the last look: that must not count what was set aside.
    gc.collect()
    gc.set_threshold(YOUNG, OLDER, OLDER)
