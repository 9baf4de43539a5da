"""`kept_briefly`: a process reads once in some seconds what every page asks for."""

import threading

import pytest

from shop.catalog.models import Category
from shop.lib.kept_briefly import Kept, forget_everything, kept_briefly
from tests.support.factories import CategoryFactory

pytestmark = pytest.mark.slow


class Clock:
    """Stands in for `time.monotonic`."""

    def __init__(self):
        self.now = 1000.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock(monkeypatch):
    clock = Clock()
    monkeypatch.setattr("shop.lib.kept_briefly.now", clock)
    return clock


@pytest.fixture
def read():
    """A kept function that notes each reading."""
    readings = []

    @kept_briefly(60)
    def read(country="DE"):
        readings.append(country)
        return len(readings)

    read.readings = readings
    yield read
    Kept.every.remove(read)


def test_it_is_read_once(read):
    assert [read(), read(), read()] == [1, 1, 1]


def test_each_argument_has_a_result_of_its_own(read):
    assert [read("DE"), read("FR"), read("DE"), read(country="FR"), read(country="FR")] == [1, 2, 1, 3, 3]


def test_what_is_empty_is_kept_too():
    asked = []

    @kept_briefly(60)
    def nothing():
        asked.append(1)
        return []

    assert nothing() == nothing() == []
    assert len(asked) == 1
    Kept.every.remove(nothing)


def test_after_its_seconds_it_is_read_again(read, clock):
    read()
    clock.now += 61
    assert read() == 2


def test_what_is_forgotten_is_read_again(read):
    read()
    read.forget()
    assert read() == 2
    forget_everything()
    assert read() == 3


def test_a_failed_reading_is_not_kept():
    answers = iter([ValueError("away"), "there"])

    @kept_briefly(60)
    def read():
        answer = next(answers)
        if isinstance(answer, Exception):
            raise answer
        return answer

    with pytest.raises(ValueError, match="away"):
        read()
    assert read() == "there"
    Kept.every.remove(read)


def test_it_is_forgotten_when_a_row_is_saved_or_deleted(read, db):
    read.forget_with(Category)
    assert read() == 1
    category = CategoryFactory()
    assert read() == 2
    category.title = "Another"
    category.save()
    assert read() == 3
    category.delete()
    assert read() == 4


# -- What is read behind those who ask -------------------------------------------------------------


class Slow:
    """A reading that waits until it is let go; `answers` are what the readings find, an exception is raised."""

    def __init__(self, *answers):
        self.__qualname__ = "slow"
        self.answers = list(answers)
        self.begun = 0
        self.go = threading.Event()
        self.go.set()

    def __call__(self):
        self.begun += 1
        answer = self.answers[self.begun - 1]
        assert self.go.wait(10)
        if isinstance(answer, Exception):
            raise answer
        return answer


@pytest.fixture
def kept():
    made = []

    def keep(slow):
        kept = Kept(slow, seconds=60, behind=240)
        made.append(kept)
        return kept

    yield keep
    for each in made:
        Kept.every.remove(each)


def ended():
    """Wait for the threads that read."""
    for thread in threading.enumerate():
        if thread.name.startswith("read "):
            thread.join(10)


def test_who_asks_a_little_late_waits_for_nobody_and_one_thread_reads(kept, clock):
    slow = Slow("old", "new")
    read = kept(slow)
    assert read() == "old"
    clock.now += 61
    slow.go.clear()
    assert [read(), read(), read()] == ["old", "old", "old"]
    slow.go.set()
    ended()
    assert read() == "new"
    assert slow.begun == 2


def test_who_asks_very_late_gets_nothing_old(kept, clock):
    slow = Slow("old", "new")
    read = kept(slow)
    read()
    clock.now += 301
    assert read() == "new"


def test_a_reading_that_fails_behind_is_said_and_tried_again(kept, clock, caplog):
    slow = Slow("old", ValueError("away"), "new")
    read = kept(slow)
    read()
    clock.now += 61
    with caplog.at_level("WARNING", "shop.lib.kept_briefly"):
        assert read() == "old"
        ended()
    assert "could not be read" in caplog.text
    assert read() == "old"
    ended()
    assert read() == "new"


def test_what_is_forgotten_while_it_is_read_is_not_kept(kept, clock):
    slow = Slow("old", "read before the change", "new")
    read = kept(slow)
    read()
    clock.now += 61
    slow.go.clear()
    read()
    read.forget()
    slow.go.set()
    ended()
    assert read() == "new"
