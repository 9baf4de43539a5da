"""Rows that are only there to be many: copied by SQL from one that the shop wrote."""

from typing import Any


def copy(model: Any, pk: Any, source: str, **columns: str) -> None:
    """Copy the row with this key once for each row `g` of `source`; `columns` are SQL expressions over `g`."""
    from django.db import connection
    from django.db.models import AutoField

    names = [f.column for f in model._meta.concrete_fields if not isinstance(f, AutoField) or f.column in columns]
    values = ", ".join(columns.get(name, f't."{name}"') for name in names)
    quoted = ", ".join(f'"{name}"' for name in names)
    table = model._meta.db_table
    with connection.cursor() as cursor:
        # What the rows point at is there: asking after it a million times would take as long as writing them.
        cursor.execute("SET session_replication_role = replica")
        cursor.execute(
            f"INSERT INTO {table} ({quoted}) SELECT {values} FROM {table} t, {source} "
            f'WHERE t."{model._meta.pk.column}" = %s',
            [pk],
        )
        cursor.execute("SET session_replication_role = origin")
