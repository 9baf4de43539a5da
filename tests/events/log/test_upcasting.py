"""Schema versions: old events are read by new code, events of the future wait."""

import msgspec
import pytest
from django.core.exceptions import ImproperlyConfigured
from hypothesis import given
from hypothesis import strategies as st

from events.delivery import dead_letters
from events.delivery.processing import Outcome, process
from events.log import types
from events.log.envelope import Header, compose, seal
from events.log.types import DomainEvent, DuplicateEvent, UnknownEvent, decode, event, upcast
from events.models import Delivery, Event


@pytest.fixture
def parcel():
    """`test.parcel` went through three versions: grams became kilograms, then got a limit."""

    @event("test.parcel", version=3)
    class Parcel(DomainEvent, frozen=True, kw_only=True):
        kilograms: float
        limit: float

    upcast("test.parcel", from_version=1)(lambda old: {"kilograms": old["grams"] / 1000})
    upcast("test.parcel", from_version=2)(lambda old: {**old, "limit": 31.5})
    yield Parcel
    types.forget("test.parcel")


def test_every_released_version_is_read_as_the_newest(parcel):
    newest = parcel(kilograms=1.5, limit=31.5)
    assert decode("test.parcel", 1, b'{"grams": 1500}') == newest
    assert decode("test.parcel", 2, b'{"kilograms": 1.5}') == newest
    assert decode("test.parcel", 3, msgspec.json.encode(newest)) == newest


@pytest.mark.parametrize("version", [0, 4, 99])
def test_a_version_that_does_not_exist_here_is_unknown(parcel, version):
    with pytest.raises(UnknownEvent, match="version"):
        decode("test.parcel", version, b"{}")


def test_an_unknown_type_is_unknown():
    with pytest.raises(UnknownEvent, match=r"never\.heard"):
        decode("never.heard", 1, b"{}")


@given(st.binary(max_size=60))
def test_a_body_that_is_not_what_its_type_says_is_refused_whatever_it_is(body):
    with pytest.raises(msgspec.MsgspecError):
        decode("stock.changed", 1, body)


def test_a_start_with_a_version_that_nothing_leads_away_from_is_refused():
    @event("test.gap", version=3)
    class Gap(DomainEvent, frozen=True, kw_only=True):
        pass

    upcast("test.gap", from_version=2)(dict)
    try:
        with pytest.raises(ImproperlyConfigured, match=r"test\.gap.*version 1"):
            types.check()
    finally:
        types.forget("test.gap")


def test_two_upcasters_of_one_step_are_refused(parcel):
    with pytest.raises(DuplicateEvent):
        upcast("test.parcel", from_version=1)(dict)
    with pytest.raises(DuplicateEvent):
        event("test.parcel", version=4)(parcel)


def as_version(row: Event, version: int, data: DomainEvent) -> None:
    """Rewrite the row as if a newer code had emitted it."""
    header = Header(row.id, row.stream, row.seq, row.type, version)
    sealed = seal(header, compose(header, "x", row.recorded_at, data))
    Event.objects.filter(pk=row.pk).update(
        version=version, body=sealed.body, kid=sealed.kid, signature=sealed.signature
    )


@pytest.mark.django_db
def test_an_event_of_a_future_version_is_processed_as_soon_as_the_code_knows_it(line):
    from shop.catalog.domain_events import StockChanged

    seen = []
    handler = line.handle(lambda event: seen.append((event.version, event.data.sku)))
    line.emit(2)
    data = StockChanged(sku="S", on_hand=1, reserved=0, available=1, delta=1, reason="adjusted")
    as_version(line.events()[0], 2, data)
    assert process(handler, line.stream) == (0, Outcome.DEAD_LETTERED)
    assert "UnknownEvent" in line.deliveries()[0].last_error
    assert dead_letters.retry_understood() == 0  # this code still does not know it
    StockChanged.version = 2  # the new code starts
    upcast("stock.changed", from_version=1)(dict)
    try:
        assert dead_letters.retry_understood() == 1
        process(handler, line.stream)
    finally:
        StockChanged.version = 1
        del types._upcasters["stock.changed", 1]
    assert seen == [(2, "S"), (1, line.variant.sku)]
    assert not Delivery.objects.open().filter(handler="probe").exists()


@pytest.mark.django_db
def test_an_upcaster_that_raises_dead_letters_the_delivery_with_its_own_reason(line):
    from shop.catalog.domain_events import StockChanged

    seen = []
    handler = line.handle(seen.append)
    line.emit(1)
    StockChanged.version = 2
    upcast("stock.changed", from_version=1)(lambda old: {"sku": old["no such field"]})
    try:
        assert process(handler, line.stream) == (0, Outcome.DEAD_LETTERED)
    finally:
        StockChanged.version = 1
        del types._upcasters["stock.changed", 1]
    assert "BadUpcast" in line.deliveries()[0].last_error
    assert "no such field" in line.deliveries()[0].last_error
    assert seen == []
