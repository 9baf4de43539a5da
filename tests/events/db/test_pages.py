"""A large table is read row by row, without a cursor."""

import uuid

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from events.db.pages import in_pages
from events.models import Event, Log
from events.operations import verification
from tests.support.factories import make_order

pytestmark = pytest.mark.slow

STREAMS = st.lists(st.tuples(st.sampled_from("abc"), st.integers(1, 12)), unique=True, max_size=25)


def make(rows):
    Event.objects.bulk_create(
        Event(id=uuid.uuid4(), stream=stream, seq=seq, type="t", version=1, kid="k", body=b"") for stream, seq in rows
    )


class EveryRowOnce(TestCase):
    @settings(max_examples=60, deadline=None)
    @given(STREAMS, st.integers(1, 7))
    def test_in_order_whatever_the_size_of_a_page(self, rows, size):
        make(rows)
        read = [(event.stream, event.seq) for event in in_pages(Event.objects.all(), "stream", "seq", size=size)]
        assert read == sorted(rows)


@pytest.mark.django_db
def test_a_page_is_one_query():
    make([("a", n) for n in range(1, 11)])
    with CaptureQueriesContext(
        connection,
    ) as queries:
        assert len(list(in_pages(Event.objects.all(), "stream", "seq", size=4))) == 10
    assert len(queries) == 3


@pytest.fixture
def archived_between_two_pages(monkeypatch):
    """The nightly clean-up takes the beginning of a stream while it is being verified."""

    def pages(rows, *order):
        for event in in_pages(rows, *order, size=5):
            yield event
            if event.seq == 5:
                Event.objects.filter(stream=event.stream, seq__lte=10).delete()
                Log.objects.update_or_create(defaults={"pruned_before": timezone.now()})

    monkeypatch.setattr(verification, "in_pages", pages)


@pytest.mark.django_db
def test_what_is_archived_meanwhile_is_no_gap(archived_between_two_pages):
    make([("a", n) for n in range(1, 20)])
    assert [why for _, why in verification.verify() if "gap" in why] == []


@pytest.mark.django_db
def test_a_gap_is_found_while_something_is_archived(archived_between_two_pages):
    make([("a", n) for n in range(1, 20)])
    make([("b", n) for n in (1, 2, 4)])
    assert [(event.stream, event.seq) for event, why in verification.verify() if "gap" in why] == [("b", 4)]


@pytest.mark.django_db
def test_verification_reads_every_page():
    make_order()
    first = Event.objects.first()
    make([("zz", n) for n in range(1, 1200)])
    wrong = {event.pk for event, _ in verification.verify()}
    assert len(wrong) == 1199
    assert first.pk not in wrong
