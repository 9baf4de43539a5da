"""Handlers with a fast path: called when the message arrives, acknowledged many at a time, notified only so often."""

import threading

import pytest

from events.delivery import fast_path, publisher
from events.delivery.message import WakeUp, compose
from events.delivery.tasks import process_queue
from events.log.envelope import Header, seal
from events.models import Delivery, new_id
from tests.support.servers import wait_until


def message(line, notifications=0):
    newest = line.events()[-1]
    return compose(WakeUp("probe", newest.header, newest.sealed, notifications))


@pytest.mark.django_db
def test_the_fast_path_runs_before_the_delivery_is_taken_and_acknowledged(line):
    steps = []

    def publish(event):
        steps.append(("fast path", event.sequence, Delivery.objects.open().filter(handler="probe").count()))

    line.handle(lambda events: steps.append(("processed", [e.sequence for e in events])), batch=10, fast_path=publish)
    line.emit(1)
    process_queue(**message(line))
    assert steps == [("fast path", 1, 1), ("processed", [1])]
    assert line.deliveries()[0].state == "done"


@pytest.mark.django_db
def test_a_delivery_whose_fast_path_fails_is_still_handled(line):
    def publish(event):
        raise ConnectionError("the layer is away")

    seen = []
    line.handle(seen.extend, batch=10, fast_path=publish)
    line.emit(1)
    process_queue(**message(line))
    assert len(seen) == 1
    assert (line.deliveries()[0].state, line.deliveries()[0].attempts) == ("done", 0)


@pytest.mark.django_db
def test_a_delivery_notified_again_skips_the_fast_path_because_it_may_kill_workers(line):
    update = []
    line.handle(lambda events: None, batch=10, fast_path=update.append)
    line.emit(1)
    process_queue(**message(line, notifications=2))
    assert update == []
    assert line.deliveries()[0].state == "done"


@pytest.fixture
def acknowledger(monkeypatch):
    """As in a worker: a thread acknowledges."""
    monkeypatch.setattr(fast_path, "EVERY", 0.2)
    fast_path.start()
    yield fast_path._acknowledger
    fast_path.stop()


@pytest.mark.django_db(transaction=True)
def test_messages_that_arrive_together_are_acknowledged_together(line, acknowledger):
    """The fast path runs at once for each; the acknowledgement waits, and then includes all."""
    update, acknowledged = [], []
    line.handle(lambda events: acknowledged.append(len(events)), batch=10, fast_path=update.append)
    line.emit(1)
    process_queue(**message(line))
    wait_until(lambda: acknowledged == [1])  # at once, because nothing was acknowledged lately
    line.emit(3)
    for event in line.events()[1:]:
        process_queue(**compose(WakeUp("probe", event.header, event.sealed)))
    assert len(update) == 4
    assert acknowledged == [1]
    wait_until(lambda: acknowledged == [1, 3])


class ForgetsLate(fast_path.Acknowledger):
    """The negative control: forgets a request after its acknowledgement, not before it."""

    def run(self):
        while not self.ending:
            self.asked.wait()
            self.asked.clear()
            for acknowledging in list(self.due.values()):
                acknowledging()
            self.due.clear()


def asked_meanwhile(acknowledger):
    """The acknowledgements that ran, when the second was requested while the first was running."""
    begun, go, done = threading.Event(), threading.Event(), []

    def first():
        begun.set()
        go.wait(5)
        done.append("first")

    acknowledger.ask("probe", first)
    assert begun.wait(5)
    acknowledger.ask("probe", lambda: done.append("second"))
    go.set()
    acknowledger.end()
    return done


def test_a_request_made_during_an_acknowledgement_is_acknowledged_after_it(monkeypatch):
    monkeypatch.setattr(fast_path, "EVERY", 0.01)
    assert asked_meanwhile(fast_path.Acknowledger()) == ["first", "second"]


def test_forgetting_requests_after_the_acknowledgement_would_lose_the_second(monkeypatch):
    """Its deliveries would wait for the relay."""
    assert asked_meanwhile(ForgetsLate()) == ["first"]


def test_one_that_fails_ends_nothing(acknowledger, monkeypatch):
    monkeypatch.setattr(fast_path, "EVERY", 0.01)
    done = []
    acknowledger.ask("a", lambda: 1 / 0)
    acknowledger.ask("b", lambda: done.append("b"))
    wait_until(lambda: done == ["b"])
    acknowledger.ask("a", lambda: done.append("a"))
    wait_until(lambda: done == ["b", "a"])


def test_a_worker_that_stops_acknowledges_what_its_fast_path_published(acknowledger):
    done = []
    acknowledger.ask("probe", lambda: done.append(1))
    wait_until(lambda: done == [1])
    acknowledger.ask("probe", lambda: done.append(2))  # not due for a while
    fast_path.stop()
    assert done == [1, 2]


# -- How often it is notified ----------------------------------------------------------------------------


class Broker(list):
    """Takes what the publisher sends; each call is one round trip."""

    def __call__(self, *wake_ups):
        self.append([(wake_up.handler, wake_up.header.stream) for wake_up in wake_ups])


@pytest.fixture
def broker(monkeypatch):
    found = Broker()
    monkeypatch.setattr(publisher, "send", found)
    publisher.close()
    yield found
    publisher.close()


def wake_ups(handler, *streams):
    for stream in streams:
        header = Header(new_id(), stream, 1, "stock.changed", 1)
        yield WakeUp(handler, header, seal(header, b"{}"))


def test_handlers_with_a_fast_path_are_notified_first_and_the_others_of_a_commit_together(broker):
    publisher.notify([*wake_ups("mail", "order:A"), *wake_ups("live", "order:A"), *wake_ups("stock", "order:A")])
    publisher.flush()
    assert broker == [[("live", "order:A")], [("mail", "order:A"), ("stock", "order:A")]]


def test_many_fast_path_wake_ups_become_a_few_messages(broker):
    flood = [f"stock:{n}" for n in range(500)]
    publisher.notify(wake_ups("live", *flood))
    publisher.flush()
    sent = [stream for call in broker for _, stream in call]
    assert sent[: publisher.FAST_PATH_LIMIT] == flood[: publisher.FAST_PATH_LIMIT]
    assert len(sent) == publisher.FAST_PATH_LIMIT + 1, "the worker of the last message finds the rest"


def test_other_batch_handlers_are_notified_once_in_a_window(broker, line):
    line.handle(lambda events: None, batch=10)
    publisher.notify(wake_ups("probe", *(f"stock:{n}" for n in range(50))))
    publisher.flush()
    assert [stream for call in broker for _, stream in call] == ["stock:0", "stock:1"]


# -- Whether there is anything to do ------------------------------------------------------------------


@pytest.mark.django_db
def test_a_handler_that_says_there_is_nothing_to_do_gets_no_delivery(line):
    asked = []
    line.handle(lambda event: None, when=lambda subject: bool(asked.append(subject)))
    line.handle(lambda event: None, name="other", when=lambda subject: True)
    line.emit(1)
    assert asked == [line.variant.sku]
    assert line.deliveries() == []
    assert len(line.deliveries("other")) == 1
