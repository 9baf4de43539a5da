"""`kept_briefly`: a process reads once in some seconds what every page asks for."""

import time

import pytest

from shop.catalog.models import Category
from shop.lib.kept_briefly import Kept, forget_everything, kept_briefly
from tests.support.factories import CategoryFactory

pytestmark = pytest.mark.slow


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


def test_after_its_seconds_it_is_read_again(read, monkeypatch):
    read()
    later = time.monotonic() + 61
    monkeypatch.setattr(time, "monotonic", lambda: later)
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
