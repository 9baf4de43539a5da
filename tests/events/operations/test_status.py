"""Which queues have stopped making progress."""

from datetime import timedelta

import pytest
from django.utils import timezone

from events.models import Delivery
from events.operations import status
from tests.support.factories import make_order

pytestmark = pytest.mark.django_db


def due(minutes):
    """An order whose mail is due for so long. Its other deliveries are done."""
    order = make_order()
    Delivery.objects.filter(stream=order.stream).exclude(handler="mail").delete()
    at = timezone.now() - timedelta(minutes=minutes)
    Delivery.objects.filter(stream=order.stream).update(due_at=at, notify_at=at)
    return Delivery.objects.get(stream=order.stream)


def test_a_queue_whose_oldest_delivery_waits_too_long_is_stalled():
    due(3)
    assert {queue: round(age, -1) for queue, age in status.stalled(120).items()} == {"mail": 180}


def test_a_queue_that_waits_for_a_moment_is_not():
    due(1)
    assert status.stalled(120) == {}


def test_a_long_backlog_that_is_worked_off_is_not_stalled():
    due(30)
    done = due(5)
    Delivery.objects.filter(pk=done.pk).update(acknowledged_at=timezone.now() - timedelta(minutes=1))
    assert status.stalled(120) == {}
    Delivery.objects.filter(pk=done.pk).update(acknowledged_at=timezone.now() - timedelta(minutes=3))
    assert set(status.stalled(120)) == {"mail"}
