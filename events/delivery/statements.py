"""The SQL that writes, reads and acknowledges deliveries with their events, composed once.

Rows become model instances by the fields' own conversions.
"""

from collections.abc import Sequence, Sized
from datetime import datetime
from functools import lru_cache
from typing import Any
from uuid import UUID

from django.db import DEFAULT_DB_ALIAS, connection, connections
from django.db.models import AutoField
from django.utils import timezone

from events.lib.private_apis import field_converters
from events.models import Delivery, Event

DELIVERY, EVENT = Delivery._meta.db_table, Event._meta.db_table
_D, _E = Delivery._meta.concrete_fields, Event._meta.concrete_fields
_COLUMNS = [f"d.{f.column}" for f in _D] + [f"e.{f.column}" for f in _E]


def select(deliveries: str = DELIVERY) -> str:
    """The beginning of a statement for `read`, over a table (or a named subquery) of deliveries, `d`, and their events,
    `e`."""
    return f"SELECT {', '.join(_COLUMNS)} FROM {deliveries} d JOIN {EVENT} e ON e.id = d.event_id"  # noqa: S608 - names of ours


INSERTED = 100  # rows of one statement


def insert(instances: Sequence[Delivery] | Sequence[Event], using: str | None = None) -> None:
    """As `bulk_create`, for rows of one model, without composing the statement anew; no primary keys come back."""
    chosen = connections[using or DEFAULT_DB_ALIAS]
    with chosen.cursor() as cursor:
        for start in range(0, len(instances), INSERTED):
            some = instances[start : start + INSERTED]
            sql, fields = _insertion(type(some[0]), len(some))
            cursor.execute(sql, [f.get_db_prep_save(getattr(row, f.attname), chosen) for row in some for f in fields])


@lru_cache
def _insertion(model: type[Delivery] | type[Event], count: int) -> tuple[str, list[Any]]:
    fields = [f for f in model._meta.concrete_fields if not isinstance(f, AutoField)]
    row = f"({marks(fields)})"
    names = ", ".join(f.column for f in fields)
    return f"INSERT INTO {model._meta.db_table} ({names}) VALUES {', '.join([row] * count)}", fields  # noqa: S608 - names of ours


def lock() -> str:
    """What locks the delivery's row, or leaves it if it is held. SQLite needs nothing: its write transaction is the
    lock."""
    return " FOR UPDATE OF d SKIP LOCKED" if connection.features.has_select_for_update_skip_locked else ""


def marks(values: Sized) -> str:
    return ", ".join(["%s"] * len(values))


def time(value: datetime) -> Any:
    """A time, as a parameter."""
    return connection.ops.adapt_datetimefield_value(value)


def now() -> Any:
    """The time, as a parameter."""
    return time(timezone.now())


def uuid(value: UUID) -> Any:
    """An id, as a parameter."""
    return value if connection.features.has_native_uuid_field else value.hex


def read(sql: str, values: Sequence[Any]) -> list[Delivery]:
    """The rows of a statement made with `select`, each with its event."""
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        found = cursor.fetchall()
    return [_delivery(row) for row in found]


def value(sql: str, values: Sequence[Any]) -> Any:
    """The first column of the first row, or None."""
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        row = cursor.fetchone()
    return row[0] if row else None


def write(sql: str, values: Sequence[Any]) -> int:
    """Run a statement; how many rows it touched."""
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return int(cursor.rowcount)


@lru_cache(maxsize=4)
def _converters(vendor: str) -> list[tuple[int, Any, Any]]:
    """(column, converter, expression) of the columns that the backend does not return as Python wants them."""
    return field_converters([*_D, *_E])


def _delivery(row: Sequence[Any]) -> Delivery:
    values = list(row)
    for n, convert, expression in _converters(connection.vendor):
        values[n] = convert(values[n], expression, connection)
    delivery = Delivery.from_db(connection.alias, [f.attname for f in _D], values[: len(_D)])
    delivery.event = Event.from_db(connection.alias, [f.attname for f in _E], values[len(_D) :])
    return delivery
