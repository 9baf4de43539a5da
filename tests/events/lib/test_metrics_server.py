"""/metrics of a worker or a relay that counts alone."""

import logging

import httpx
import pytest

from events.lib import metrics, metrics_server
from tests.support.servers import free_port

pytestmark = pytest.mark.slow

TOKEN = "a-token-of-some-length"


@pytest.fixture
def start(settings, monkeypatch):
    settings.METRICS_TOKEN, settings.METRICS_PORT = TOKEN, free_port()
    monkeypatch.delenv("PROMETHEUS_MULTIPROC_DIR", raising=False)
    running = []

    def begin():
        if server := metrics_server.start():
            running.append(server)
        return f"http://127.0.0.1:{settings.METRICS_PORT}" if server else None

    yield begin
    for server in running:
        server.shutdown()
        server.server_close()


def test_it_tells_its_counters_to_who_has_the_token(start):
    url = start()
    metrics.handled.labels("a", "mail").inc()
    told = httpx.get(f"{url}/metrics", headers={"Authorization": f"Bearer {TOKEN}"})
    assert 'events_handled_total{handler="a",queue="mail"}' in told.text


@pytest.mark.parametrize("given", ["", "Bearer", "Bearer nonsense", TOKEN, "Bearer \xff"])
def test_it_tells_strangers_nothing(start, given):
    answer = httpx.get(f"{start()}/metrics", headers={"Authorization": given.encode("latin-1")})
    assert (answer.status_code, answer.text) == (404, "Not found\n")


def test_it_has_no_other_page(start):
    assert httpx.get(f"{start()}/", headers={"Authorization": f"Bearer {TOKEN}"}).status_code == 404


@pytest.mark.parametrize("missing", ["METRICS_PORT", "METRICS_TOKEN"])
def test_without_a_port_or_a_token_nothing_is_opened(start, settings, missing):
    setattr(settings, missing, 0 if missing == "METRICS_PORT" else "")
    assert start() is None


def test_where_processes_count_together_the_web_process_answers_for_all(start, monkeypatch, tmp_path):
    monkeypatch.setenv("PROMETHEUS_MULTIPROC_DIR", str(tmp_path))
    assert start() is None


def test_a_port_that_is_taken_is_said_and_the_process_works_without(start, caplog):
    assert start()
    with caplog.at_level(logging.ERROR):
        assert start() is None
    assert "METRICS_PORT" in caplog.text
