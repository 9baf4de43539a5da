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


def overdue(handler):
    Delivery.objects.filter(handler=handler).update(due_at=timezone.now() - timedelta(minutes=5))


@pytest.mark.django_db
def test_not_ready_when_nothing_handles_events(client):
    make_order()
    overdue("live")
    response = client.get("/readyz")
    assert response.status_code == 503
    assert "is a worker running" in response.json()["problems"]["queue live"]


@pytest.mark.django_db
def test_a_long_backlog_that_is_being_worked_off_is_ready(client):
    make_order()
    make_order()
    overdue("live")
    Delivery.objects.filter(pk=Delivery.objects.filter(handler="live").first().pk).update(
        acknowledged_at=timezone.now()
    )
    assert client.get("/readyz").json() == {"ready": True, "problems": {}}


@pytest.mark.django_db
def test_a_queue_without_workers_is_seen_though_others_are_busy(client):
    make_order()
    overdue("live")
    Delivery.objects.filter(handler="mail").update(acknowledged_at=timezone.now())
    assert list(client.get("/readyz").json()["problems"]) == ["queue live"]


@pytest.mark.django_db
def test_what_was_handled_before_the_two_minutes_is_no_progress(client):
    make_order()
    make_order()
    overdue("live")
    first = Delivery.objects.filter(handler="live").first()
    Delivery.objects.filter(pk=first.pk).update(acknowledged_at=timezone.now() - timedelta(minutes=3))
    assert client.get("/readyz").status_code == 503


@pytest.mark.django_db
def test_metrics_tell_the_backlog(client):
    make_order()
    text = client.get("/metrics").content.decode()
    assert 'events_pending{handler="mail",queue="mail"} 1.0' in text
    assert "events_oldest_due_seconds" in text
