"""The SQL that writes, reads and acknowledges deliveries with their events, composed once.

Rows become model instances by the fields' own conversions.
"""

from collections.abc import Sequence, Sized
from datetime import datetime
from functools import lru_cache
from typing import Any, NamedTuple
from uuid import UUID

from django.db import connection, connections
from django.db.models import AutoField
from django.utils import timezone

from events.lib.private_apis import field_converters
from events.models import Delivery, Event

DELIVERY, EVENT = Delivery._meta.db_table, Event._meta.db_table
_D, _E = Delivery._meta.concrete_fields, Event._meta.concrete_fields
_EVENT_COLUMNS = tuple(f.column for f in _E)
_COLUMNS = [f"d.{f.column}" for f in _D] + [f"e.{f.column}" for f in _E]


def select(deliveries: str = DELIVERY) -> str:
    """The beginning of a statement for `read`, over a table (or a named subquery) of deliveries, `d`, and their events,
    `e`."""
    return f"SELECT {', '.join(_COLUMNS)} FROM {deliveries} d JOIN {EVENT} e ON e.id = d.event_id"  # noqa: S608 - names of ours


INSERTED = 100  # rows of one statement


class NewDelivery(NamedTuple):
    """The columns of a delivery that nobody has touched yet; the others have their defaults."""

    event_id: UUID
    handler: str
    stream: str
    seq: int
    due_at: datetime
    notify_at: datetime


def insert_events(events: Sequence[Event], using: str) -> None:
    """As `bulk_create`, without composing the statement anew."""
    chosen = connections[using]
    rows = [[f.get_db_prep_save(getattr(event, f.attname), chosen) for f in _E] for event in events]
    _insert(EVENT, _EVENT_COLUMNS, (), rows, using)


def insert_deliveries(deliveries: Sequence[NewDelivery], using: str) -> None:
    """The same; defaults are constants of the statement, which so has less than half of the parameters."""
    ops, native = connections[using].ops, connections[using].features.has_native_uuid_field
    rows = [
        (
            event_id if native else event_id.hex,
            handler,
            stream,
            seq,
            ops.adapt_datetimefield_value(due_at),
            ops.adapt_datetimefield_value(notify_at),
        )
        for event_id, handler, stream, seq, due_at, notify_at in deliveries
    ]
    _insert(DELIVERY, NewDelivery._fields, _untouched(), rows, using)


@lru_cache
def _untouched() -> tuple[tuple[str, str], ...]:
    """The other columns of a delivery with the SQL of their defaults."""
    constants = {"None": "NULL", "0": "0", "False": "FALSE", "''": "''"}
    others = [f for f in _D if not isinstance(f, AutoField) and f.column not in NewDelivery._fields]
    return tuple((f.column, constants[repr(f.get_default())]) for f in others)


def _insert(
    table: str, columns: tuple[str, ...], fixed: tuple[tuple[str, str], ...], rows: Sequence[Sequence[Any]], using: str
) -> None:
    with connections[using].cursor() as cursor:
        for start in range(0, len(rows), INSERTED):
            some = rows[start : start + INSERTED]
            cursor.execute(_insertion(table, columns, fixed, len(some)), [value for row in some for value in row])


@lru_cache
def _insertion(table: str, columns: tuple[str, ...], fixed: tuple[tuple[str, str], ...], count: int) -> str:
    names = ", ".join([*columns, *(column for column, _value in fixed)])
    row = ", ".join(["%s"] * len(columns) + [value for _column, value in fixed])
    return f"INSERT INTO {table} ({names}) VALUES {', '.join([f'({row})'] * count)}"  # noqa: S608 - names of ours


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
