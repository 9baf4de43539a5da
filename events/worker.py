"""What a worker process has besides its tasks: a watchdog, and a database that does not wait for a frozen one."""

import sys
from typing import Any

from celery.signals import worker_init, worker_process_init
from django.db.backends.signals import connection_created

from events import lines, watchdog


@worker_init.connect
@worker_process_init.connect
def _started(**_: Any) -> None:
    # A thread that waited for the database gets the interpreter back after half a millisecond, not after five.
    sys.setswitchinterval(0.0005)
    watchdog.start()
    connection_created.connect(_bound_transactions, dispatch_uid="events.worker")


def _bound_transactions(connection: Any, **_: Any) -> None:
    """A worker that is suspended inside a transaction holds its head for ever: PostgreSQL ends it after the lease.

    When the worker wakes up, its commit fails, and it has done nothing.
    """
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute(f"SET idle_in_transaction_session_timeout = {int(lines.lease().total_seconds() * 1000)}")
