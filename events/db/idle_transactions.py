"""A process that is frozen, or whose host is gone, inside a transaction holds what it locked: PostgreSQL is told to end it."""

from collections.abc import Callable
from typing import Any

from django.db.backends.signals import connection_created


def bound(seconds: Callable[[], float]) -> None:
    """End this process's transactions that do nothing for so long. When it wakes up, its commit fails, and it has done nothing."""

    def connected(connection: Any, **_: Any) -> None:
        if connection.vendor == "postgresql":
            with connection.cursor() as cursor:
                cursor.execute(f"SET idle_in_transaction_session_timeout = {int(seconds() * 1000)}")

    connection_created.connect(connected, weak=False, dispatch_uid="events.db.idle_transactions")
