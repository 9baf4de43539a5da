"""Empties the database between tests, in a hundredth of the time that `manage.py flush` takes.

Django's way writes every content type and permission anew, and on PostgreSQL truncates each table. Here tables are
emptied by `DELETE`, and the rows that a new database has from the start stay, as long as no test changed them. Those
that are written anew get the same keys: a running shop has read the content types, and goes on with what it read.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from django.core.management.commands import flush
from django.db import OperationalError, connections, transaction
from django.db.backends.base.base import BaseDatabaseWrapper

Rows = dict[str, list[Any]]
DEADLOCK = "40P01"
"""PostgreSQL's code (SQLSTATE) of a transaction that it ended to end a deadlock."""


def tables(connection: BaseDatabaseWrapper) -> list[str]:
    return connection.introspection.django_table_names(only_existing=True, include_views=False)


def rows(connection: BaseDatabaseWrapper, names: list[str]) -> Rows:
    """What is in these tables, without those that are empty."""
    found = {}
    with connection.cursor() as cursor:
        for name in names:
            cursor.execute(f"SELECT * FROM {connection.ops.quote_name(name)}")
            if content := sorted(cursor.fetchall(), key=repr):
                found[name] = content
    return found


def delete(connection: BaseDatabaseWrapper, names: list[str]) -> None:
    """Delete all rows of these tables in one transaction: references are checked at its end."""
    statements = [f"DELETE FROM {connection.ops.quote_name(name)}" for name in names]
    if connection.vendor == "postgresql":
        statements = ["; ".join(statements)]  # one round trip
    with transaction.atomic(using=connection.alias), connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)


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


@contextmanager
def quickly() -> Iterator[None]:
    """While this lasts, `flush` is quick. The shop's processes may look at the tables: a deadlock is tried again."""
    usual = flush.Command.handle
    kept: dict[str, Rows] = {}  # alias → what a new database has
    others: dict[str, list[str]] = {}  # alias → the other tables

    def handle(self: flush.Command, **options: Any) -> None:
        connection = connections[options["database"]]

        def empty() -> None:
            first = kept.get(connection.alias)
            if first is None or rows(connection, list(first)) != first:
                usual(self, **options | {"reset_sequences": True})
                every = tables(connection)
                first = kept[connection.alias] = rows(connection, every)
                others[connection.alias] = [name for name in every if name not in first]
            else:
                delete(connection, others[connection.alias])

        patiently(empty)

    flush.Command.handle = handle  # type: ignore[method-assign, assignment]
    try:
        yield
    finally:
        flush.Command.handle = usual  # type: ignore[method-assign]
