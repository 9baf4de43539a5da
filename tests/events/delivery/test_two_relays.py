"""Two relays at once, as on two hosts: each overdue delivery is notified by one of them."""

import contextlib
import threading
from collections import Counter
from datetime import timedelta
from types import SimpleNamespace

import pytest
from django.utils import timezone

from events.delivery import backoff, publisher, relay
from events.models import Delivery, DeliveryQuerySet
from tests.support.together import at_once

pytestmark = pytest.mark.django_db(transaction=True)
PROBES = [f"probe.{n}" for n in range(5)]


@pytest.fixture
def by_two_relays(line, monkeypatch):
    """How often two relays notify each of five overdue deliveries.

    Each reads what is due, and writes when the other one has read, too, or after `patience` seconds.
    """
    sent, wait = [], backoff.next_notification
    monkeypatch.setattr(publisher, "send", sent.append)
    for name in PROBES:
        line.handle(lambda event: None, name=name)
    line.emit(1)
    sent.clear()
    Delivery.objects.filter(handler__in=PROBES).update(notify_at=timezone.now() - timedelta(seconds=10))

    def run(patience):
        both_have_read = threading.Barrier(2, timeout=patience)

        def paused(*args, **kwargs):
            with contextlib.suppress(threading.BrokenBarrierError):
                both_have_read.wait()
            return wait(*args, **kwargs)

        monkeypatch.setattr(backoff, "next_notification", paused)
        at_once(relay.claim, relay.claim)
        return Counter(wake_up.handler for wake_up in sent if wake_up.handler in PROBES)

    return run


@pytest.mark.slow
def test_each_delivery_is_notified_by_one_relay(by_two_relays):
    assert by_two_relays(patience=1) == dict.fromkeys(PROBES, 1)


def test_without_the_lock_both_relays_notify_each_delivery(by_two_relays, monkeypatch):
    monkeypatch.setattr(DeliveryQuerySet, "select_for_update", lambda self, **options: self)  # of PostgreSQL
    monkeypatch.setattr(relay, "transaction", SimpleNamespace(atomic=contextlib.nullcontext))  # of SQLite
    assert by_two_relays(patience=20) == dict.fromkeys(PROBES, 2)
