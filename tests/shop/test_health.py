"""For load balancers and monitoring."""

from datetime import timedelta

import pytest
from django.utils import timezone

from events.models import Delivery
from tests.support.factories import make_order


def test_alive_needs_no_database(client):
    assert client.get("/healthz").content == b"ok\n"


@pytest.mark.django_db
def test_ready_when_everything_answers(client):
    response = client.get("/readyz")
    assert (response.status_code, response.json()["ready"]) == (200, True)


@pytest.mark.django_db
def test_not_ready_without_redis(client, settings):
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    response = client.get("/readyz")
    assert response.status_code == 503
    assert "redis" in response.json()["problems"]


@pytest.mark.django_db
def test_not_ready_when_nothing_handles_events(client):
    make_order()
    Delivery.objects.filter(handler="live").update(due_at=timezone.now() - timedelta(minutes=5))
    response = client.get("/readyz")
    assert response.status_code == 503
    assert "is a worker running" in response.json()["problems"]["events"]


@pytest.mark.django_db
def test_metrics_tell_the_backlog(client):
    make_order()
    text = client.get("/metrics").content.decode()
    assert 'events_pending{handler="mail",queue="mail"} 1.0' in text
    assert "events_oldest_due_seconds" in text
