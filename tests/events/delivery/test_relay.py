"""The relay: deliveries that are due are notified again, once, by the relay that claims them first."""

import threading
from datetime import timedelta

import pytest
from django.utils import timezone

from events.delivery import dead_letters, publisher, relay
from events.models import Delivery
from events.operations import status

pytestmark = pytest.mark.django_db


@pytest.fixture
def sent(monkeypatch):
    messages: list[publisher.WakeUp] = []
    monkeypatch.setattr(publisher, "send", messages.append)
    return messages


def lapse(**values):
    past = timezone.now() - timedelta(seconds=10)
    Delivery.objects.filter(handler="probe").update(notify_at=past, **values)


def probes(sent):
    return [wake_up for wake_up in sent if wake_up.handler == "probe"]


def test_a_fresh_delivery_is_left_to_the_process_that_wrote_it(line, sent):
    line.handle(lambda event: None)
    line.emit(1)
    relay.claim()
    assert probes(sent) == []


def test_a_delivery_whose_wake_up_message_is_lost_waits_for_one_lease_and_no_longer(line, sent, settings):
    line.handle(lambda event: None)
    line.emit(1)
    (delivery,) = line.deliveries()
    assert delivery.notify_at - delivery.due_at == timedelta(seconds=settings.EVENT_NOTIFY_LEASE)
    Delivery.objects.filter(pk=delivery.pk).update(
        notify_at=delivery.notify_at - timedelta(seconds=settings.EVENT_NOTIFY_LEASE)
    )
    relay.claim()
    assert len(probes(sent)) == 1


def test_a_relay_lets_go_what_its_code_understands_by_itself(line, sent):
    """Older code, which did not know the event's version, has dead-lettered it; then a relay of this code starts."""
    line.handle(lambda event: None)
    line.emit(1)
    Delivery.objects.filter(handler="probe").update(
        dead_lettered_at=timezone.now(), last_error="UnknownEvent: stock.changed has no version 2 in this code"
    )
    stop = threading.Event()
    stop.wait = lambda seconds: stop.set()  # one round
    relay.run(stop)
    assert line.deliveries()[0].state == "pending"


def test_after_a_lost_wake_up_message_only_the_head_is_notified_again(line, sent):
    line.handle(lambda event: None)
    line.emit(3)
    lapse()
    relay.claim()
    assert [wake_up.header.seq for wake_up in probes(sent)] == [1]


def test_each_further_notification_waits_longer(line, sent):
    line.handle(lambda event: None)
    line.emit(1)
    waits = []
    for _ in range(4):
        lapse()
        relay.claim()
        relay.claim()
        waits.append((line.deliveries()[0].notify_at - timezone.now()).total_seconds())
    assert len(probes(sent)) == 4
    assert waits == sorted(waits)
    assert waits[-1] > 3 * waits[0]
    assert line.deliveries()[0].notifications == 4


def test_a_broker_that_is_away_costs_a_delivery_nothing(line, monkeypatch):
    def away(wake_up):
        raise ConnectionError("refused")

    monkeypatch.setattr(publisher, "send", away)
    line.handle(lambda event: None)
    line.emit(1)
    for _ in range(5):
        lapse()
        relay.claim()
    delivery = line.deliveries()[0]
    assert (delivery.notifications, delivery.attempts, delivery.state) == (0, 0, "pending")
    assert delivery.notify_at < timezone.now() + timedelta(seconds=5)


def test_an_ordered_queue_behind_a_dead_letter_is_not_notified(line, sent):
    line.handle(lambda event: None)
    line.emit(2)
    lapse()
    Delivery.objects.filter(handler="probe", seq=1).update(dead_lettered_at=timezone.now())
    relay.claim()
    assert probes(sent) == []


def test_a_timer_is_notified_when_it_is_due(line, sent):
    line.handle(lambda event: None, after=timedelta(minutes=30))
    line.emit(1)
    relay.claim()
    assert probes(sent) == []
    lapse(due_at=timezone.now() - timedelta(seconds=1))
    relay.claim()
    assert len(probes(sent)) == 1


def test_a_retried_ordered_queue_goes_on_from_its_head(line, sent):
    line.handle(lambda event: None)
    line.emit(2)
    Delivery.objects.filter(handler="probe", seq=1).update(dead_lettered_at=timezone.now(), attempts=8)
    assert dead_letters.retry("probe") == 1
    relay.claim()
    assert [wake_up.header.seq for wake_up in probes(sent)] == [1]
    assert line.deliveries()[0].attempts == 0


def test_the_oldest_due_age_is_the_pulse(line):
    line.handle(lambda event: None)
    line.emit(1)
    Delivery.objects.exclude(handler="probe").delete()
    Delivery.objects.update(due_at=timezone.now() - timedelta(seconds=90))
    assert 89 < status.oldest_due_age() < 95
    Delivery.objects.update(acknowledged_at=timezone.now())
    assert status.oldest_due_age() == 0.0


def test_deliveries_behind_a_dead_letter_do_not_count_as_overdue(line):
    line.handle(lambda event: None)
    line.emit(2)
    Delivery.objects.exclude(handler="probe").delete()
    Delivery.objects.update(due_at=timezone.now() - timedelta(seconds=500))
    Delivery.objects.filter(seq=1).update(dead_lettered_at=timezone.now())
    assert status.oldest_due_age() == 0.0


def test_a_partition_with_enough_messages_gets_no_more_and_another_does(line, sent, monkeypatch):
    line.handle(lambda e: None)
    line.emit(1)
    Delivery.objects.exclude(handler="probe").delete()
    Delivery.objects.update(notify_at=timezone.now() - timedelta(seconds=1))
    monkeypatch.setattr(publisher, "depth", lambda name: relay.DEPTH)
    assert relay.claim() == []
    assert sent == []
    Delivery.objects.update(notify_at=timezone.now() - timedelta(seconds=1))
    monkeypatch.setattr(publisher, "depth", lambda name: relay.DEPTH - 1)
    assert len(relay.claim()) == 1
