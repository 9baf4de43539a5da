"""Effects that are hints: told as soon as the message comes, settled many at a time, and asked for at once only so often."""

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
def test_it_is_told_before_anything_is_taken_and_settled_after(line):
    steps = []

    def tell(event):
        steps.append(("told", event.sequence, Delivery.objects.open().filter(handler="probe").count()))

    line.handle(lambda events: steps.append(("settled", [e.sequence for e in events])), batch=10, fast_path=tell)
    line.emit(1)
    process_queue(**message(line))
    assert steps == [("told", 1, 1), ("settled", [1])]
    assert line.deliveries()[0].state == "done"


@pytest.mark.django_db
def test_one_that_cannot_be_told_early_is_handled_all_the_same(line):
    def tell(event):
        raise ConnectionError("the layer is away")

    seen = []
    line.handle(seen.extend, batch=10, fast_path=tell)
    line.emit(1)
    process_queue(**message(line))
    assert len(seen) == 1
    assert (line.deliveries()[0].state, line.deliveries()[0].attempts) == ("done", 0)


@pytest.mark.django_db
def test_what_was_rung_for_in_vain_is_not_told_early_for_it_may_be_what_kills_workers(line):
    update = []
    line.handle(lambda events: None, batch=10, fast_path=update.append)
    line.emit(1)
    process_queue(**message(line, notifications=2))
    assert update == []
    assert line.deliveries()[0].state == "done"


@pytest.fixture
def acknowledger(monkeypatch):
    """As in a worker: settlings are done by a thread."""
    monkeypatch.setattr(fast_path, "EVERY", 0.2)
    fast_path.start()
    yield fast_path._acknowledger
    fast_path.stop()


@pytest.mark.django_db(transaction=True)
def test_of_messages_that_come_together_one_settles_for_all(line, acknowledger):
    """Each is told at once; the settling waits for its time, and finds what came meanwhile."""
    update, acknowledged = [], []
    line.handle(lambda events: acknowledged.append(len(events)), batch=10, fast_path=update.append)
    line.emit(1)
    process_queue(**message(line))
    wait_until(lambda: acknowledged == [1])  # at once, for nothing was settled lately
    line.emit(3)
    for event in line.events()[1:]:
        process_queue(**compose(WakeUp("probe", event.header, event.sealed)))
    assert len(update) == 4
    assert acknowledged == [1]
    wait_until(lambda: acknowledged == [1, 3])


class ForgetsLate(fast_path.Acknowledger):
    """The guard off: what is due is forgotten after it was settled, and not when it is taken."""

    def run(self):
        while not self.ending:
            self.asked.wait()
            self.asked.clear()
            for acknowledging in list(self.due.values()):
                acknowledging()
            self.due.clear()


def asked_meanwhile(acknowledger):
    """What was settled, of a settling and another that was asked for while the first was under way."""
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


def test_what_is_asked_for_while_a_settling_is_under_way_is_settled_after_it(monkeypatch):
    monkeypatch.setattr(fast_path, "EVERY", 0.01)
    assert asked_meanwhile(fast_path.Acknowledger()) == ["first", "second"]


def test_if_what_is_due_were_forgotten_after_the_settling_the_second_would_be_lost(monkeypatch):
    """Nobody would look at what it stands for until the relay does."""
    assert asked_meanwhile(ForgetsLate()) == ["first"]


def test_one_that_fails_ends_nothing(acknowledger, monkeypatch):
    monkeypatch.setattr(fast_path, "EVERY", 0.01)
    done = []
    acknowledger.ask("a", lambda: 1 / 0)
    acknowledger.ask("b", lambda: done.append("b"))
    wait_until(lambda: done == ["b"])
    acknowledger.ask("a", lambda: done.append("a"))
    wait_until(lambda: done == ["b", "a"])


def test_a_worker_that_stops_settles_what_it_has_told(acknowledger):
    done = []
    acknowledger.ask("probe", lambda: done.append(1))
    wait_until(lambda: done == [1])
    acknowledger.ask("probe", lambda: done.append(2))  # not due for a while
    fast_path.stop()
    assert done == [1, 2]


# -- How often it is rung for -------------------------------------------------------------------------


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


def test_the_early_are_rung_first_and_the_others_of_a_commit_together(broker):
    publisher.notify([*wake_ups("mail", "order:A"), *wake_ups("live", "order:A"), *wake_ups("stock", "order:A")])
    publisher.flush()
    assert broker == [[("live", "order:A")], [("mail", "order:A"), ("stock", "order:A")]]


def test_a_flood_of_early_hints_becomes_a_few(broker):
    flood = [f"stock:{n}" for n in range(500)]
    publisher.notify(wake_ups("live", *flood))
    publisher.flush()
    sent = [stream for call in broker for _, stream in call]
    assert sent[: publisher.FAST_PATH_LIMIT] == flood[: publisher.FAST_PATH_LIMIT]
    assert len(sent) == publisher.FAST_PATH_LIMIT + 1, "the rest is found by whoever drains for the last one"


def test_other_batch_handlers_are_rung_for_once_in_a_window(broker, line):
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
