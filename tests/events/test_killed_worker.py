"""A worker that is killed between commit and handling: the event is handled all the same, once, in order."""

import pytest

from events.models import Delivery
from orders.lifecycle import Actor, Status
from orders.models import Parcel, Scan
from orders.transitions import scan, transition
from tests.support.factories import make_order
from tests.support.probe.models import Effect
from tests.support.servers import wait_until

pytestmark = [pytest.mark.processes, pytest.mark.xdist_group("killed")]

LEASE = "0.3"
QUEUES = "events.orders.0"


def handled(order):
    return list(Effect.objects.filter(stream=order.stream).order_by("pk").values_list("seq", flat=True))


@pytest.mark.parametrize("place", ["drain.before_handler", "drain.after_handler", "drain.after_commit"])
def test_twenty_kills_in_a_row_lose_nothing_double_nothing_and_keep_the_order(shop, tmp_path, place, settings):
    kills = 20 if place == "drain.before_handler" else 5
    settings.EVENT_RING_LEASE = float(LEASE)
    order = make_order()
    for target in (Status.PAID, Status.PREPARING, Status.SHIPPED):
        transition(order.ref, target, by=Actor.STAFF, actor="staff:1")
    tracking = Parcel.objects.get().tracking
    shop.relay(EVENT_RING_LEASE=LEASE)
    worker = shop.worker(QUEUES)
    wait_until(lambda: len(handled(order)) == 4, 20, "the first four")
    seq = 4
    for n in range(kills):
        worker.kill()
        worker.wait()
        flag = tmp_path / f"kill-{n}"
        flag.touch()
        worker = shop.worker(QUEUES, EVENT_FAILPOINT=f"{place}@{flag}")
        from datetime import timedelta

        scan(tracking, Scan.Kind.IN_TRANSIT, order.placed_at + timedelta(minutes=n))
        seq += 1
        assert worker.wait(20) == -9  # it took the event, and was killed at that place
        Delivery.objects.pending().filter(handler="witness").update(ring_at=order.placed_at)
        worker = shop.worker(QUEUES)
        wait_until(lambda seq=seq: seq in handled(order), 20, f"event {seq} after kill {n}")
    assert handled(order) == list(range(1, seq + 1))
    assert not Delivery.objects.open().filter(handler="witness").exists()


def test_a_process_killed_after_commit_and_before_ringing_costs_seconds_only(shop, settings, tmp_path):
    flag = tmp_path / "kill"
    flag.touch()
    code = (
        "import django; django.setup();"
        "from tests.support.factories import make_order; from django.db import transaction;"
        "make_order(ref='KEPT0-00000')"
    )
    writer = shop.start("-c", code, EVENT_FAILPOINT=f"outbox.after_commit@{flag}", EVENT_RING_LEASE=LEASE)
    assert writer.wait(20) == -9
    shop.relay(EVENT_RING_LEASE=LEASE)
    shop.worker(QUEUES)
    wait_until(lambda: Effect.objects.filter(stream="order:KEPT0-00000").count() == 1, 20, "the relay to ring")


def test_a_process_killed_before_commit_leaves_neither_order_nor_event(shop, tmp_path):
    from events.models import Event
    from orders.models import Order

    flag = tmp_path / "kill"
    flag.touch()
    code = (
        "import django; django.setup(); from tests.support.factories import make_order; make_order(ref='LOST0-00000')"
    )
    writer = shop.start("-c", code, EVENT_FAILPOINT=f"outbox.before_commit@{flag}")
    assert writer.wait(20) == -9
    assert not Order.objects.exists()
    assert not Event.objects.filter(stream="order:LOST0-00000").exists()
