"""What a worker process has besides its tasks: a watchdog, and a database that does not wait for a frozen one."""

import sys
import threading
import time
from typing import Any

from celery.signals import task_prerun, worker_init, worker_process_init
from django.db import close_old_connections
from django.db.backends.signals import connection_created

from events import lines, watchdog


@worker_init.connect
@worker_process_init.connect
def _started(**_: Any) -> None:
    # A thread that waited for the database gets the interpreter back after half a millisecond, not after five.
    sys.setswitchinterval(0.0005)
    watchdog.start()
    connection_created.connect(_bound_transactions, dispatch_uid="events.worker")
    task_prerun.connect(_fresh_connections, dispatch_uid="events.worker")


CHECKED_EVERY = 1.0  # seconds; a question to the database before every task would be a tenth of its time


class _Checked(threading.local):
    at = 0.0


_checked = _Checked()


def _fresh_connections(**_: Any) -> None:
    """Give up connections that are too old or broken; the others are kept (see `shop.celery`).

    One that breaks between two checks costs the task that meets it: it ends with `DatabaseAway`, and the next one connects again.
    """
    if time.monotonic() - _checked.at >= CHECKED_EVERY:
        close_old_connections()
        _checked.at = time.monotonic()


def _bound_transactions(connection: Any, **_: Any) -> None:
    """A worker that is suspended inside a transaction holds its head for ever: PostgreSQL ends it after the lease.

    When the worker wakes up, its commit fails, and it has done nothing.
    """
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute(f"SET idle_in_transaction_session_timeout = {int(lines.lease().total_seconds() * 1000)}")
