"""The demo's people and goods, for many tests: made once by each pytest worker, copied into the empty database of every
later test.

Making them takes a second, and their 68 events keep the shop's processes busy for another one. The copy has the events,
too, but no deliveries: it is a shop that has done its work. On PostgreSQL they are made each time: few tests want them
there.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import connection

from shop.catalog.models import Picture, Product
from shop.demo import content
from tests.support import emptying

DELIVERIES = "events_delivery"
_rows: dict[str, list[tuple[Any, ...]]] = {}
_files: dict[Path, bytes] = {}


def load() -> None:
    """Fill an empty database as `shop.demo.content.load` does."""
    if connection.vendor != "sqlite" or Product.objects.exists():
        content.load()
    elif not _rows:
        _make()
    elif not _copy():
        content.load()


def _make() -> None:
    before = _everything()
    content.load()
    for name, rows in _everything().items():
        if name != DELIVERIES and (new := [row for row in rows if row not in before[name]]):
            _rows[name] = new
    pictures = [product.picture for product in Product.objects.all()]
    for each in [*pictures, *(picture.file for picture in Picture.objects.all())]:
        path = Path(settings.MEDIA_ROOT, each.name)
        _files[path] = path.read_bytes()


def _copy() -> bool:
    """Whether the rows could be written: the test may have made one with the same key before."""
    try:
        with _database() as database:
            for name, rows in _rows.items():
                database.executemany(f'INSERT INTO "{name}" VALUES ({", ".join("?" * len(rows[0]))})', rows)
    except sqlite3.IntegrityError:
        return False
    for path, data in _files.items():
        if not path.exists():
            path.write_bytes(data)
    return True


def _everything() -> dict[str, list[tuple[Any, ...]]]:
    with _database() as database:
        names = emptying.tables(connection)
        return {name: database.execute(f'SELECT * FROM "{name}"').fetchall() for name in names}


@contextmanager
def _database() -> Iterator[sqlite3.Connection]:
    """One transaction on a connection that changes no value: Django's makes times of texts."""
    with closing(sqlite3.connect(connection.settings_dict["NAME"], timeout=30)) as database, database:
        yield database
