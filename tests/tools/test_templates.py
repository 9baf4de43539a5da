"""A test database is a copy of what the migrations made once."""

import sqlite3
import threading
from contextlib import closing
from types import SimpleNamespace

import psycopg
import pytest

from tests.support import kept
from tests.support.servers import postgres
from tests.support.templates import Template

pytestmark = pytest.mark.slow


def of_sqlite(path):
    return SimpleNamespace(vendor="sqlite", settings_dict={"NAME": "shop", "TEST": {"NAME": str(path)}})


def make(path):
    with closing(sqlite3.connect(path)) as database, database:
        database.execute("CREATE TABLE IF NOT EXISTS made (n)")


def tables(path):
    with closing(sqlite3.connect(path)) as database:
        return [name for (name,) in database.execute("SELECT name FROM sqlite_master")]


def kept_once(tmp_path):
    with closing(Template(of_sqlite(tmp_path / "first"), tmp_path)) as template:
        assert not template.is_there
        make(tmp_path / "first")
        template.keep()


def test_the_second_database_is_a_copy_of_the_first(tmp_path):
    kept_once(tmp_path)
    with closing(Template(of_sqlite(tmp_path / "second"), tmp_path)) as template:
        assert template.is_there
    assert tables(tmp_path / "second") == ["made"]


def test_a_database_that_was_kept_is_not_written_over(tmp_path):
    kept_once(tmp_path)
    with closing(sqlite3.connect(tmp_path / "second")) as database, database:
        database.execute("CREATE TABLE mine (n)")
    with closing(Template(of_sqlite(tmp_path / "second"), tmp_path)) as template:
        assert template.is_there
    assert tables(tmp_path / "second") == ["mine"]


def test_other_migrations_have_another_template_and_the_old_one_goes(tmp_path, monkeypatch):
    kept_once(tmp_path)
    monkeypatch.setattr(kept, "state", lambda: "other")
    kept_once(tmp_path)
    assert [path.name for path in tmp_path.glob("*.sqlite3")] == ["template-other.sqlite3"]


def test_one_that_was_not_made_to_its_end_is_no_template(tmp_path):
    Template(of_sqlite(tmp_path / "first"), tmp_path).close()
    with closing(Template(of_sqlite(tmp_path / "second"), tmp_path)) as template:
        assert not template.is_there


def test_others_wait_until_it_is_made(tmp_path):
    first = Template(of_sqlite(tmp_path / "first"), tmp_path)
    make(tmp_path / "first")
    seen = []

    def another():
        with closing(Template(of_sqlite(tmp_path / "second"), tmp_path)) as template:
            seen.append(template.is_there)

    thread = threading.Thread(target=another)
    thread.start()
    thread.join(0.3)
    assert seen == []
    first.keep()
    first.close()
    thread.join(10)
    assert seen == [True]


@pytest.fixture(scope="module")
def server():
    with postgres() as url:
        yield psycopg.conninfo.conninfo_to_dict(url)


def of_postgresql(server, name, closed):
    values = {"HOST": server["host"], "PORT": server["port"], "USER": server["user"], "PASSWORD": "", "NAME": "shop"}
    return SimpleNamespace(vendor="postgresql", settings_dict={**values, "TEST": {"NAME": name}}, close=closed)


def test_on_postgresql_it_is_a_database_of_the_same_server(server, tmp_path):
    def names():
        with psycopg.connect(**server | {"dbname": "postgres"}) as connection:
            return {name for (name,) in connection.execute("SELECT datname FROM pg_database")}

    with psycopg.connect(**server | {"dbname": "postgres"}, autocommit=True) as connection:
        connection.execute("CREATE DATABASE first")
    with psycopg.connect(**server | {"dbname": "first"}) as made:
        made.execute("CREATE TABLE made ()")
        made.commit()
        with closing(Template(of_postgresql(server, "first", made.close), tmp_path)) as template:
            assert not template.is_there
            template.keep()
    with closing(Template(of_postgresql(server, "second", None), tmp_path)) as template:
        assert template.is_there
    assert {"first", "second"} < names()
    with psycopg.connect(**server | {"dbname": "second"}) as copy:
        assert copy.execute("SELECT to_regclass('made')").fetchone() == ("made",)


def test_a_session_that_a_thread_left_open_does_not_keep_its_database(server, tmp_path):
    with psycopg.connect(**server | {"dbname": "postgres"}, autocommit=True) as connection:
        connection.execute("CREATE DATABASE third")
        left = psycopg.connect(**server | {"dbname": "third"})
        tests = of_postgresql(server, "third", lambda: None)
        with closing(Template(tests, tmp_path)) as template:
            tests.settings_dict["NAME"] = "third"
            template.free()
        connection.execute("DROP DATABASE third")  # it waits five seconds for sessions that end
        with pytest.raises(psycopg.OperationalError):
            left.execute("SELECT 1")
