"""A process dies at a named line – a real SIGKILL – and the rows say that nothing was lost, doubled or out of order."""

import pytest

from events.lib.failpoints import PLACES
from events.models import Delivery, Event
from tests.conformance.conftest import BATCH, EVERY, ORDERS, OUTSIDE
from tests.support.factories import make_order
from tests.support.probe.counting import count
from tests.support.probe.models import Counter, Effect
from tests.support.servers import wait_until

COUNT = "from tests.support.probe.counting import count; count('a')"
WRITING = ["outbox.before_commit"]
NOTIFYING = ["outbox.after_commit", "publisher.before_send"]
RELAYING = ["relay.claimed", "relay.publishing"]
PUSHING = ["live.before_push"]
IN_THE_HANDLER = ["processing.before_handler", "probe.inside", "processing.after_handler", "processing.after_commit"]


@pytest.fixture
def once(tmp_path):
    """A failpoint that goes off once."""

    def arm(place, action="kill"):
        flag = tmp_path / place
        flag.touch()
        return f"{place}@{flag}:{action}"

    return arm


@pytest.mark.parametrize("place", WRITING)
def test_before_the_commit_neither_change_nor_event_is_there(farm, once, place):
    count("a")
    assert farm.start_writer(COUNT, EVENT_FAILPOINT=once(place)).wait(30) == -9
    assert Counter.objects.get().value == Event.objects.filter(stream="counter:a").count() == 1
    farm.worker(EVERY)
    farm.relay()
    farm.wait_until_processed()
    assert farm.check() == {"counter:a": 1}


@pytest.mark.parametrize("place", NOTIFYING)
def test_a_process_that_dies_between_commit_and_wake_up_message_only_delays_the_event(farm, once, place):
    assert farm.start_writer(COUNT, EVENT_FAILPOINT=once(place)).wait(30) == -9
    farm.relay()
    farm.worker(EVERY)
    farm.wait_until_processed()
    assert farm.check() == {"counter:a": 1}


@pytest.mark.parametrize("place", RELAYING)
def test_a_relay_that_dies_with_claimed_deliveries_leaves_them_to_the_next(farm, once, no_wake_ups, place):
    for n in range(3):
        for _ in range(3):
            count(f"c{n}")
    assert farm.relay(EVENT_FAILPOINT=once(place)).wait(30) == -9
    farm.relay()
    farm.worker(EVERY)
    farm.wait_until_processed()
    assert farm.check() == {f"counter:c{n}": 3 for n in range(3)}


@pytest.mark.parametrize("place", IN_THE_HANDLER)
@pytest.mark.parametrize("queue", [ORDERS, BATCH, OUTSIDE])
def test_a_worker_that_dies_in_a_backlog(farm, once, queue, place):
    for _ in range(3):
        count("a")
        count("b")
    assert farm.worker(queue, EVENT_FAILPOINT=once(place)).wait(30) == -9
    farm.relay()
    farm.worker(EVERY)
    count("a")
    farm.wait_until_processed()
    assert farm.check() == {"counter:a": 4, "counter:b": 3}


@pytest.mark.parametrize("place", PUSHING)
def test_a_worker_that_dies_before_the_push_has_not_acknowledged_it(farm, once, place):
    order = make_order()
    assert farm.worker("events.live.0", EVENT_FAILPOINT=once(place)).wait(30) == -9
    live = Delivery.objects.filter(handler="live", stream=order.stream)
    assert live.get().state == "pending"
    farm.relay()
    farm.worker("events.live.0")
    wait_until(lambda: live.get().state == "done", 20, "the push")


@pytest.mark.parametrize("place", IN_THE_HANDLER)
def test_four_kills_in_a_row_at_one_place(farm, once, place):
    """Each worker handles some and is killed; the next goes on where it was."""
    farm.relay()
    for n in range(4):
        for _ in range(3):
            count("a")
        assert farm.worker(ORDERS, EVENT_FAILPOINT=once(place)).wait(30) == -9
        Delivery.objects.open().filter(starts__gt=1).update(starts=0)  # that it kills its workers is our doing
        assert Effect.objects.filter(handler="probe.each").count() <= (n + 1) * 3
    farm.worker(EVERY)
    farm.wait_until_processed()
    assert farm.check() == {"counter:a": 12}


def test_every_named_place_has_a_test():
    """Each test above arms its places, and sees the process die there."""
    tested = {*WRITING, *NOTIFYING, *RELAYING, *PUSHING, *IN_THE_HANDLER} - {"probe.inside"}
    assert tested == set(PLACES)
