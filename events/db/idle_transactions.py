"""A process that is frozen inside a transaction, or whose host is gone, keeps its locks.

PostgreSQL ends such a transaction.

The bound is set with `SET LOCAL` at the beginning of each transaction. A `SET` for the session would reach other
processes through a pooler in transaction mode, which gives one session to many.
"""

from collections.abc import Callable
from typing import Any

from django.db.backends.signals import connection_created

from events.lib.private_apis import wrap_for_good


def bound(seconds: Callable[[], float]) -> None:
    """From now on, end every transaction of this process in which no statement runs for so many seconds.

    When the process wakes up, its commit fails: nothing of that transaction happened.
    """
    idle = 0  # `psycopg.pq.TransactionStatus.IDLE`: no transaction is open

    def begin(execute: Callable[..., Any], sql: Any, params: Any, many: bool, context: dict[str, Any]) -> Any:
        session = context["connection"].connection
        if context["connection"].in_atomic_block and session.info.transaction_status == idle:
            session.execute(f"SET LOCAL idle_in_transaction_session_timeout = {int(seconds() * 1000)}")
        return execute(sql, params, many, context)

    def connected(connection: Any, **_: Any) -> None:
        if connection.vendor == "postgresql":
            wrap_for_good(connection, begin)

    connection_created.connect(connected, weak=False, dispatch_uid="events.db.idle_transactions")
