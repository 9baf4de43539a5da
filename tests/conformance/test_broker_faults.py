"""The broker loses, doubles, reorders, comes back empty, or is away: nothing that matters depends on it."""

import random
import time
from functools import partial

from django.conf import settings

from events.delivery import message, publisher
from events.delivery.message import WakeUp
from events.log import envelope
from events.models import Delivery, Event, new_id
from orders.models import Order
from tests.conformance.conftest import EVERY
from tests.support.factories import make_order
from tests.support.probe.counting import count
from tests.support.servers import wait_until


def test_with_every_wake_up_message_lost_the_relay_has_all_events_handled(farm, no_wake_ups):
    for n in range(30):
        count(f"c{n % 3}")
    farm.relay()
    farm.worker(EVERY)
    farm.wait_until_processed()
    assert farm.check() == {f"counter:c{n}": 10 for n in range(3)}


def test_wake_up_messages_sent_five_times_and_in_any_order_change_nothing(farm, monkeypatch):
    kept = []
    monkeypatch.setattr(publisher, "notify", lambda wake_ups: kept.extend(wake_ups))
    for n in range(30):
        count(f"c{n % 3}")
    messages = kept * 5
    random.Random(7).shuffle(messages)
    for wake_up in messages:
        publisher.send(wake_up)
    for _ in range(2):
        farm.worker(EVERY)
    farm.wait_until_processed()
    assert farm.check() == {f"counter:c{n}": 10 for n in range(3)}


def test_a_message_from_long_ago_and_one_for_an_event_that_never_was_do_nothing(farm, no_wake_ups, monkeypatch):
    count("a")
    event = Event.objects.get(stream="counter:a")
    invented = envelope.Header(new_id(), "counter:never", 1, "probe.counted", 1)
    publisher.send(WakeUp("probe.each", invented, envelope.seal(invented, b"{}")))
    with monkeypatch.context() as earlier:
        then = time.time() - settings.EVENT_MESSAGE_MAX_AGE - 60
        earlier.setattr(message, "compose", partial(message.compose, issued=then))
        for _ in range(3):
            publisher.send(WakeUp("probe.each", event.header, event.sealed))
    count("b")  # behind them in the broker's queue, in good order
    last = Event.objects.get(stream="counter:b")
    publisher.send(WakeUp("probe.each", last.header, last.sealed))
    farm.worker(EVERY)
    done = Delivery.objects.filter(handler="probe.each", acknowledged_at__isnull=False)
    wait_until(lambda: done.filter(stream="counter:b").exists(), 60, "the message in good order")
    assert not done.filter(stream="counter:a").exists()
    farm.relay()
    farm.wait_until_processed()
    assert farm.check() == {"counter:a": 1, "counter:b": 1}


def test_the_broker_comes_back_empty_while_messages_wait_in_it(farm):
    for n in range(9):
        count(f"c{n % 3}")
    publisher.flush()
    farm.broker.restart_empty()
    farm.relay()
    farm.worker(EVERY)
    farm.wait_until_processed()
    assert farm.check() == {f"counter:c{n}": 3 for n in range(3)}


def test_while_the_broker_is_away_orders_are_placed_and_all_recovers_without_a_restart(farm):
    """The same worker and relay processes go on; no attempt is spent; the backlog is processed without help."""
    worker, relay = farm.worker(EVERY), farm.relay()
    count("a")
    farm.wait_until_processed()
    farm.broker.stop()
    orders = [make_order() for _ in range(3)]
    for _ in range(5):
        count("a")
        count("b")
    wait_until(lambda: Delivery.objects.open().filter(handler="probe.each").count() == 10, what="the backlog")
    assert not Delivery.objects.open().filter(attempts__gt=0).exists()
    farm.broker.start()
    farm.wait_until_processed(120)  # a worker asks for its broker every 2, 4, … 30 s
    assert farm.check() == {"counter:a": 6, "counter:b": 5}
    assert {Order.objects.get(pk=order.pk).status for order in orders} == {"placed"}
    assert not Delivery.objects.filter(handler__startswith="probe.", attempts__gt=0).exists()
    assert (worker.poll(), relay.poll()) == (None, None)
