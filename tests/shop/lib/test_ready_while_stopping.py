"""A process that stops is taken off the load balancer before it is gone."""

import pytest

from events.live import shutdown


@pytest.mark.django_db
def test_a_process_that_stops_is_not_ready_though_it_is_alive(client, monkeypatch):
    monkeypatch.setattr(shutdown, "stopping", lambda: True)
    assert client.get("/readyz").status_code == 503
    assert client.get("/healthz").status_code == 200
