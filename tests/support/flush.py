"""Between tests the tables are emptied while the shop's processes look at them: a deadlock there is tried again."""

import time
from collections.abc import Callable

from django.db import OperationalError

DEADLOCK = "40P01"
"""PostgreSQL's code (SQLSTATE) of a transaction that it ended to end a deadlock."""


def lost_a_lock(problem: OperationalError) -> bool:
    """Whether another process had the tables. Anything else is a fault: no server, a full disk."""
    return getattr(problem.__cause__, "sqlstate", "") == DEADLOCK or "locked" in str(problem)


def patiently(flush: Callable[[], None], times: int = 20, pause: float = 0.1) -> None:
    """Call `flush` until it has the tables, at most `times` times.

    Raises what is no lost lock at once, and the last failure.
    """
    for _ in range(times - 1):
        try:
            return flush()
        except OperationalError as problem:
            if not lost_a_lock(problem):
                raise
            time.sleep(pause)
    return flush()
