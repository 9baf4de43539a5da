"""A web process that lost its database says so at once, so that a proxy can ask another one."""

import time
from concurrent.futures import ThreadPoolExecutor

import httpx
import psycopg
import pytest
from django.db import OperationalError, connection

from shop.lib.database_away import PAUSE, Gate, is_the_reason
from tests.support.servers import Postgres, Shop, free_port, up, wait_until


def test_after_a_failure_one_request_in_a_while_tries_again(monkeypatch):
    now = 100.0
    monkeypatch.setattr(time, "monotonic", lambda: now)
    gate = Gate()
    assert gate.may_ask()
    assert gate.may_ask()
    gate.told(away=True)
    assert not gate.may_ask()
    now += PAUSE
    assert [gate.may_ask() for _ in range(3)] == [True, False, False]
    now += PAUSE
    assert gate.may_ask()
    gate.told(away=False)
    assert [gate.may_ask() for _ in range(3)] == [True, True, True]


def says_away(problem, cause=None):
    try:
        raise problem from cause
    except Exception:
        return is_the_reason()


@pytest.mark.parametrize(
    ("cause", "away"),
    [
        (psycopg.OperationalError("connection refused"), True),
        (psycopg.errors.AdminShutdown(), True),
        (psycopg.errors.ConnectionFailure(), True),
        (psycopg.errors.TooManyConnections(), True),
        (psycopg.errors.DeadlockDetected(), False),
        (psycopg.errors.QueryCanceled(), False),
        (psycopg.errors.LockNotAvailable(), False),
        (psycopg.errors.DiskFull(), False),
    ],
)
def test_what_concerns_one_request_closes_the_shop_for_nobody(monkeypatch, cause, away):
    monkeypatch.setattr(connection, "vendor", "postgresql")
    assert says_away(OperationalError("x"), cause) is away
    assert not says_away(ValueError("x"), cause)


def test_a_file_that_is_locked_for_a_moment_is_there(monkeypatch):
    monkeypatch.setattr(connection, "vendor", "sqlite")
    assert says_away(OperationalError("unable to open database file"))
    assert not says_away(OperationalError("database is locked"))


@pytest.mark.processes
@pytest.mark.once
def test_without_its_database_a_shop_answers_503_within_a_second_and_opens_again_with_it(tmp_path):
    database, port = Postgres(), free_port()
    shop = Shop({"DATABASE_URL": database.start(), "DATA_DIR": str(tmp_path), "DEMO": "1"})
    url = f"http://127.0.0.1:{port}"
    try:
        assert shop.start("manage.py", "migrate", "-v0").wait(60) == 0
        shop.web(port)
        up(url)
        assert httpx.get(url, timeout=20).status_code == 200
        database.stop()
        httpx.get(url, timeout=20)  # this one may find it out
        started = time.monotonic()
        with ThreadPoolExecutor(30) as clients:
            answers = list(clients.map(lambda _: httpx.get(f"{url}/products/", timeout=20), range(60)))
        assert {answer.status_code for answer in answers} == {503}
        assert {answer.headers["Retry-After"] for answer in answers} == {"5"}
        assert "back in a moment" in answers[0].text
        assert time.monotonic() - started < 5
        assert httpx.get(f"{url}/static/css/base.css").status_code == 200
        assert httpx.get(f"{url}/healthz").status_code == 200
        database.start()
        wait_until(lambda: httpx.get(url, timeout=20).status_code == 200, what="the shop")
    finally:
        shop.stop()
        database.remove()
