"""The one check of database connections, for requests, tasks and background threads.

Django's own check (`CONN_HEALTH_CHECKS`) asks the database before every request and task: one more round trip for each
page. Here each thread asks at most once in `EVERY` seconds. A connection that breaks in between costs the request or
task that meets it; the next one connects again.
"""

import threading
import time

from django.db import connections

EVERY = 1.0  # seconds


class _Checked(threading.local):
    at = float("-inf")


_checked = _Checked()


def check() -> None:
    """Close this thread's connections that are too old or broken. Does nothing inside a transaction."""
    now = time.monotonic()
    if now - _checked.at < EVERY:
        return
    _checked.at = now
    for connection in connections.all(initialized_only=True):
        connection.close_if_unusable_or_obsolete()
        if connection.connection is not None and not connection.in_atomic_block and not connection.is_usable():
            connection.close()
