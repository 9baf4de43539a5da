"""What a webhook said is deleted after a time; that it came is kept, so that a repeat stays one."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from events.operations import periodic
from orders.models import WebhookEvent
from orders.webhook_bodies import KEPT, delete_old
from tests.orders.payments.test_payments import hook, order  # noqa: F401 - a fixture

pytestmark = pytest.mark.django_db


def received(number, age):
    return WebhookEvent.objects.create(
        gateway="stripe", event_id=number, body='{"email": "ann@example.com"}', received_at=timezone.now() - age
    )


def sweep():
    return next(task for task in periodic.all_tasks() if task.name == "bodies of webhooks").run()


def test_only_what_is_older_loses_its_body_and_once():
    old, young = received("evt_1", KEPT + timedelta(days=1)), received("evt_2", KEPT - timedelta(days=1))
    assert [sweep(), sweep()] == [1, 0]
    old.refresh_from_db()
    young.refresh_from_db()
    assert (old.body, old.event_id) == ("", "evt_1")
    assert "ann@example.com" in young.body


def test_the_page_says_how_long_it_is_kept():
    assert f" {KEPT.days} days" in str(WebhookEvent._meta.get_field("body").help_text)


def test_of_many_all_lose_it_some_at_a_time(monkeypatch):
    monkeypatch.setattr("events.operations.periodic.BATCH", 2)
    for number in range(5):
        received(f"evt_{number}", KEPT + timedelta(hours=1))
    with CaptureQueriesContext(connection) as asked:
        assert delete_old() == 5
    assert sum(query["sql"].startswith("UPDATE") for query in asked.captured_queries) == 3
    assert not WebhookEvent.objects.exclude(body="").exists()


def test_a_webhook_that_comes_again_a_year_later_is_the_same_one(client, order):  # noqa: F811
    hook(client, order)
    WebhookEvent.objects.update(received_at=timezone.now() - timedelta(days=365))
    assert sweep() == 1
    hook(client, order)
    again = WebhookEvent.objects.get()
    assert (again.times, again.body) == (2, "")
