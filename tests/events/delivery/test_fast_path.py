"""Effects that are hints: told as soon as the message comes, settled many at a time, and asked for at once only so often."""

import threading

import pytest

from events.delivery import fast_path, publisher
from events.delivery.message import Hint, compose
from events.delivery.tasks import drain_line
from events.log.envelope import Header, seal
from events.models import Delivery, new_id
from tests.support.servers import wait_until


def message(line, rings=0):
    newest = line.events()[-1]
    return compose(Hint("probe", newest.header, newest.sealed, rings))


@pytest.mark.django_db
def test_it_is_told_before_anything_is_taken_and_settled_after(line):
    steps = []

    def tell(event):
        steps.append(("told", event.sequence, Delivery.objects.open().filter(handler="probe").count()))

    line.handle(lambda events: steps.append(("settled", [e.sequence for e in events])), batch=10, early=tell)
    line.emit(1)
    drain_line(**message(line))
    assert steps == [("told", 1, 1), ("settled", [1])]
    assert line.deliveries()[0].state == "done"


@pytest.mark.django_db
def test_one_that_cannot_be_told_early_is_handled_all_the_same(line):
    def tell(event):
        raise ConnectionError("the layer is away")

    seen = []
    line.handle(seen.extend, batch=10, early=tell)
    line.emit(1)
    drain_line(**message(line))
    assert len(seen) == 1
    assert (line.deliveries()[0].state, line.deliveries()[0].attempts) == ("done", 0)


@pytest.mark.django_db
def test_what_was_rung_for_in_vain_is_not_told_early_for_it_may_be_what_kills_workers(line):
    told = []
    line.handle(lambda events: None, batch=10, early=told.append)
    line.emit(1)
    drain_line(**message(line, rings=2))
    assert told == []
    assert line.deliveries()[0].state == "done"


@pytest.fixture
def settler(monkeypatch):
    """As in a worker: settlings are done by a thread."""
    monkeypatch.setattr(fast_path, "EVERY", 0.2)
    fast_path.start()
    yield fast_path._settler
    fast_path.stop()


@pytest.mark.django_db(transaction=True)
def test_of_messages_that_come_together_one_settles_for_all(line, settler):
    """Each is told at once; the settling waits for its time, and finds what came meanwhile."""
    told, settled = [], []
    line.handle(lambda events: settled.append(len(events)), batch=10, early=told.append)
    line.emit(1)
    drain_line(**message(line))
    wait_until(lambda: settled == [1])  # at once, for nothing was settled lately
    line.emit(3)
    for event in line.events()[1:]:
        drain_line(**compose(Hint("probe", event.header, event.sealed)))
    assert len(told) == 4
    assert settled == [1]
    wait_until(lambda: settled == [1, 3])


class ForgetsLate(fast_path.Settler):
    """The guard off: what is due is forgotten after it was settled, and not when it is taken."""

    def run(self):
        while not self.ending:
            self.asked.wait()
            self.asked.clear()
            for settling in list(self.due.values()):
                settling()
            self.due.clear()


def asked_meanwhile(settler):
    """What was settled, of a settling and another that was asked for while the first was under way."""
    begun, go, done = threading.Event(), threading.Event(), []

    def first():
        begun.set()
        go.wait(5)
        done.append("first")

    settler.ask("probe", first)
    assert begun.wait(5)
    settler.ask("probe", lambda: done.append("second"))
    go.set()
    settler.end()
    return done


def test_what_is_asked_for_while_a_settling_is_under_way_is_settled_after_it(monkeypatch):
    monkeypatch.setattr(fast_path, "EVERY", 0.01)
    assert asked_meanwhile(fast_path.Settler()) == ["first", "second"]


def test_if_what_is_due_were_forgotten_after_the_settling_the_second_would_be_lost(monkeypatch):
    """Nobody would look at what it stands for until the relay does."""
    assert asked_meanwhile(ForgetsLate()) == ["first"]


def test_one_that_fails_ends_nothing(settler, monkeypatch):
    monkeypatch.setattr(fast_path, "EVERY", 0.01)
    done = []
    settler.ask("a", lambda: 1 / 0)
    settler.ask("b", lambda: done.append("b"))
    wait_until(lambda: done == ["b"])
    settler.ask("a", lambda: done.append("a"))
    wait_until(lambda: done == ["b", "a"])


def test_a_worker_that_stops_settles_what_it_has_told(settler):
    done = []
    settler.ask("probe", lambda: done.append(1))
    wait_until(lambda: done == [1])
    settler.ask("probe", lambda: done.append(2))  # not due for a while
    fast_path.stop()
    assert done == [1, 2]


# -- How often it is rung for -------------------------------------------------------------------------


class Broker(list):
    """Takes what the publisher sends; each call is one round trip."""

    def __call__(self, *hints):
        self.append([(hint.handler, hint.header.stream) for hint in hints])


@pytest.fixture
def broker(monkeypatch):
    found = Broker()
    monkeypatch.setattr(publisher, "send", found)
    publisher.close()
    yield found
    publisher.close()


def hints(handler, *streams):
    for stream in streams:
        header = Header(new_id(), stream, 1, "stock.changed", 1)
        yield Hint(handler, header, seal(header, b"{}"))


def test_the_early_are_rung_first_and_the_others_of_a_commit_together(broker):
    publisher.ring([*hints("mail", "order:A"), *hints("live", "order:A"), *hints("stock", "order:A")])
    publisher.flush()
    assert broker == [[("live", "order:A")], [("mail", "order:A"), ("stock", "order:A")]]


def test_a_flood_of_early_hints_becomes_a_few(broker):
    flood = [f"stock:{n}" for n in range(500)]
    publisher.ring(hints("live", *flood))
    publisher.flush()
    sent = [stream for call in broker for _, stream in call]
    assert sent[: publisher.EARLY] == flood[: publisher.EARLY]
    assert len(sent) == publisher.EARLY + 1, "the rest is found by whoever drains for the last one"


def test_other_batch_handlers_are_rung_for_once_in_a_window(broker, line):
    line.handle(lambda events: None, batch=10)
    publisher.ring(hints("probe", *(f"stock:{n}" for n in range(50))))
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
