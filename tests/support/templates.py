"""Test databases that are copies. The migrations take twenty seconds; a copy of what they made takes none.

The first pytest worker that wants a database has it made, and keeps a copy as the template of the others, also of those
in the next part of the suite. A change of any migration has a template of its own (`kept.state`).
"""

import fcntl
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import psycopg
from django.db.backends.base.base import BaseDatabaseWrapper
from psycopg import sql

from tests.support import kept


class Template:
    """That of the tables as they are now; the test database is a copy of it from the start, if it `is_there`.

    Until it is closed, others wait. `shops` is the name of the database that is not the tests'.
    """

    def __init__(self, connection: BaseDatabaseWrapper, folder: Path = kept.FOLDER) -> None:
        self._connection = connection
        self.shops: str = connection.settings_dict["NAME"]
        folder.mkdir(parents=True, exist_ok=True)
        self._lock = (folder / "template.lock").open("w")
        fcntl.flock(self._lock, fcntl.LOCK_EX)  # it ends with the process, too
        self._files = (_OnSQLite if connection.vendor == "sqlite" else _OnPostgreSQL)(connection, folder)
        self.is_there = self._files.copied()

    @property
    def is_used(self) -> bool:
        """Whether the connection leads to the test database by now."""
        return bool(self._connection.settings_dict["NAME"] != self.shops)

    def keep(self) -> None:
        """Make the template from the test database, if there was none."""
        if not self.is_there:
            self._files.keep()

    def free(self) -> None:
        """End the sessions that threads of tests left open in the test database: it cannot be dropped with them.

        A connection of Django stays open until the garbage collector finds it, long after its thread.
        """
        self._files.free()

    def close(self) -> None:
        """Others may go on."""
        self._lock.close()


class _OnSQLite:
    """A file beside the databases that are kept between runs."""

    def __init__(self, connection: BaseDatabaseWrapper, folder: Path) -> None:
        self.folder = folder
        self.template = folder / f"template-{kept.state()}.sqlite3"
        self.database = Path(connection.settings_dict["TEST"]["NAME"])

    def copied(self) -> bool:
        if not self.template.exists():
            return False
        if not self.database.exists():
            _copy(self.template, self.database)
        return True

    def keep(self) -> None:
        for old in self.folder.glob("template-*.sqlite3"):
            old.unlink()
        new = self.template.with_suffix(".new")
        new.unlink(missing_ok=True)
        _copy(self.database, new)
        new.rename(self.template)  # a process that dies before this leaves no half of one

    def free(self) -> None:
        """A file can be deleted whoever has it open."""


class _OnPostgreSQL:
    """A database of the same server."""

    def __init__(self, connection: BaseDatabaseWrapper, folder: Path) -> None:
        self.connection = connection
        self.template = f"template_{kept.state()}"
        self.database: str = connection.settings_dict["TEST"]["NAME"] or f"test_{connection.settings_dict['NAME']}"

    def copied(self) -> bool:
        with self._server() as server:
            query = "SELECT 1 FROM pg_database WHERE datname = %s"
            there = server.execute(query, [self.template]).fetchone() is not None
            if there and server.execute(query, [self.database]).fetchone() is None:
                self._copy(server, self.template, self.database)
        return there

    def keep(self) -> None:
        self.connection.close()  # a database with connections is no template
        with self._server() as server:
            self._copy(server, self.database, self.template)

    def free(self) -> None:
        self.connection.close()
        with self._server() as server:
            server.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s",
                [self.connection.settings_dict["NAME"]],
            )

    def _copy(self, server: "psycopg.Connection[tuple[object, ...]]", source: str, target: str) -> None:
        statement = sql.SQL("CREATE DATABASE {} TEMPLATE {}")
        server.execute(statement.format(sql.Identifier(target), sql.Identifier(source)))

    @contextmanager
    def _server(self) -> "Iterator[psycopg.Connection[tuple[object, ...]]]":
        values = self.connection.settings_dict
        where = {"host": values["HOST"], "port": values["PORT"], "user": values["USER"], "password": values["PASSWORD"]}
        given = {name: value for name, value in where.items() if value}
        with psycopg.connect(dbname="postgres", autocommit=True, **given) as server:
            yield server


def _copy(source: Path, target: Path) -> None:
    with closing(sqlite3.connect(source)) as old, closing(sqlite3.connect(target)) as new:
        old.backup(new)
