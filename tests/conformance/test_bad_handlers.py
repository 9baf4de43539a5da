"""Handlers that hang, eat memory or kill their process are dead-lettered; the others go on."""

import pytest

from events.models import Delivery
from tests.conformance.conftest import BATCH, EVERY, LATEST, ORDERS, OUTSIDE
from tests.support.probe.counting import count
from tests.support.servers import wait_until


@pytest.mark.parametrize(("misbehaviour", "code"), [("hang", 70), ("memory", 70), ("exit", 9)])
def test_its_worker_ends_and_what_others_had_is_not_lost(farm, misbehaviour, code):
    count("unlucky")
    worker = farm.worker(ORDERS, PROBE_MISBEHAVE=misbehaviour, EVENT_WORKER_MEMORY="400")
    assert worker.wait(40) == code
    count("other")
    farm.relay()
    farm.worker(EVERY)  # the code was mended
    farm.wait_until_processed()
    assert farm.check() == {"counter:unlucky": 1, "counter:other": 1}


def test_a_delivery_that_kills_every_worker_is_dead_lettered_and_other_streams_go_on(farm):
    farm.relay()
    farm.worker(",".join((BATCH, OUTSIDE, LATEST)))
    count("unlucky")
    count("unlucky")
    head = Delivery.objects.filter(handler="probe.each", stream="counter:unlucky").order_by("seq")
    for _ in range(16):
        worker = farm.worker(ORDERS, PROBE_MISBEHAVE="exit")
        count("other")
        wait_until(lambda worker=worker: worker.poll() is not None or head[0].dead_lettered_at, 30, "the worker to die")
        if head[0].dead_lettered_at:
            break
    assert head[0].state == "dead-lettered"
    assert "kills its worker" in head[0].last_error
    wait_until(
        lambda: not Delivery.objects.open().filter(handler="probe.each", stream="counter:other").exists(),
        30,
        "the others",
    )
    assert head[1].state == "pending"
