"""A process that is told to stop does so at once, whatever its broker: a rolling restart must not wait for timers."""

import time

import pytest

from events.models import Delivery
from tests.conformance.test_queues import every
from tests.support.probe.counting import count
from tests.support.probe.models import Effect
from tests.support.servers import wait_until


@pytest.mark.parametrize("pool", ["threads", "solo", "prefork"])
def test_an_idle_worker_stops_when_it_is_told(farm, pool):
    farm.relay()
    worker = farm.worker(every(1), pool)
    count("c0")
    farm.wait_until_processed()
    time.sleep(1)  # idle: it waits for messages now
    worker.terminate()
    assert worker.wait(3) == 0


@pytest.mark.parametrize("queue", ["events.orders.0", "events.mail.0"])
def test_a_busy_worker_ends_what_it_runs_and_leaves_the_rest_to_others(farm, queue):
    """Its three threads run handlers of three seconds, and it has taken further messages from the broker."""
    streams = [f"c{n}" for n in range(12)]
    for stream in streams:
        count(stream)
    handler = "probe.each" if "orders" in queue else "probe.outside"
    busy = farm.worker(queue, PROBE_MISBEHAVE="linger", EVENT_HANDLER_TIMEOUT="60")
    begun = Delivery.objects.filter(handler=handler, acknowledged_at__isnull=False)
    wait_until(begun.exists, 60, "the worker to be at work")
    asked = time.monotonic()
    busy.terminate()
    assert busy.wait(12) == 0
    assert time.monotonic() - asked < 10
    done = Effect.objects.filter(handler=handler, pid=busy.pid).count()
    assert done == begun.count(), "what it did is acknowledged"
    assert done < len(streams), "it left some"
    farm.relay()
    farm.worker(every(1))
    farm.wait_until_processed()
    assert farm.check() == {f"counter:{stream}": 1 for stream in streams}
