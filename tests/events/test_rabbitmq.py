"""The same backbone on RabbitMQ: the broker is a setting."""

from collections.abc import Iterator

import pytest
from celery import current_app

from events import publisher
from orders.lifecycle import Actor, Status
from orders.transitions import transition
from tests.support.factories import make_order
from tests.support.probe.models import Effect
from tests.support.servers import rabbitmq, wait_until

pytestmark = [pytest.mark.processes, pytest.mark.xdist_group("killed")]


@pytest.fixture
def rabbit(shop, redis_url) -> Iterator[str]:
    """RabbitMQ as the broker of this process and of those it starts; Valkey stays the channel layer."""
    with rabbitmq() as url:
        shop.environment["BROKER_URL"] = url
        current_app.conf.broker_url = url
        current_app.pool.force_close_all()
        publisher.close()
        yield url
        shop.stop()
        current_app.conf.broker_url = redis_url
        current_app.pool.force_close_all()
        publisher.close()


def handled(order):
    return list(Effect.objects.filter(stream=order.stream).order_by("pk").values_list("seq", flat=True))


def test_events_are_handled_once_and_in_order_and_a_killed_worker_loses_none(shop, rabbit, settings):
    settings.EVENT_RING_LEASE = 0.3
    shop.relay(EVENT_RING_LEASE="0.3")
    worker = shop.worker("events.orders.0")
    orders = [make_order() for _ in range(5)]
    wait_until(lambda: all(handled(order) == [1] for order in orders), 30, "the first events")
    worker.kill()
    worker.wait()
    for order in orders:
        for target in (Status.PAID, Status.PREPARING, Status.SHIPPED):
            transition(order.ref, target, by=Actor.STAFF, actor="staff:1")
    shop.worker("events.orders.0")
    wait_until(lambda: all(handled(order) == [1, 2, 3, 4] for order in orders), 30, "the rest, in order")
