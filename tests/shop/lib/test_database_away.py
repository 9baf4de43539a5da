"""A web process that lost its database says so at once, so that a proxy can ask another one."""

import time
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from shop.lib.database_away import PAUSE, Gate
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
        wait_until(lambda: httpx.get(url, timeout=20).status_code == 200, 10, "the shop")
    finally:
        shop.stop()
        database.remove()
