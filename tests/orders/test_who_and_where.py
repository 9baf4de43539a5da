"""Who of the staff did it, where they want that, and the places where a parcel was."""

from datetime import timedelta

import pytest
from django.utils import timezone

from events.log.envelope import open_for
from events.models import Event
from orders.domain_events import Scan
from orders.lifecycle import Actor, Status
from orders.models import Order
from orders.presentation import present
from orders.route import MOST, stops
from orders.transitions import transition
from tests.support.factories import UserFactory, make_order

NOW = timezone.now()


def packed_by(person):
    order = make_order()
    transition(order.ref, Status.PAID, by=Actor.GATEWAY, actor="gateway:test")
    transition(order.ref, Status.PREPARING, by=Actor.STAFF, actor=f"staff:{person.pk}")
    return Order.objects.get(pk=order.pk)


def said(order, language="en"):
    rows = present(order.state(), language)["steps"]
    return {row["key"]: row["by"] for row in rows if row["by"]}


@pytest.mark.django_db
def test_who_wants_it_is_named_by_the_first_name():
    sam = UserFactory(is_staff=True, first_name="Sam", last_name="Packer", shows_name=True)
    order = packed_by(sam)
    assert said(order) == {"preparing": "by Sam"}
    assert said(order, "zh-hans") == {"preparing": "由 Sam 处理"}


@pytest.mark.django_db
@pytest.mark.parametrize("person", [{"first_name": "Sam"}, {"shows_name": True}])
def test_nobody_is_named_who_has_not_asked_for_it(person):
    assert said(packed_by(UserFactory(is_staff=True, **person))) == {}


@pytest.mark.django_db
def test_a_shopper_who_was_staff_once_is_not_named():
    assert said(packed_by(UserFactory(first_name="Sam", shows_name=True))) == {}


@pytest.mark.django_db
def test_the_state_of_the_newest_event_is_the_state_of_the_row():
    order = packed_by(UserFactory(is_staff=True, first_name="Sam", shows_name=True))
    event = Event.objects.filter(stream=order.stream).order_by("seq").last()
    told = open_for("test", event.header, event.sealed).data.order
    assert present(told, "en") == present(order.state(), "en")
    assert said(order) == {"preparing": "by Sam"}


def scanned(*found):
    return [Scan(kind, NOW + timedelta(hours=n), place) for n, (kind, place) in enumerate(found)]


def test_each_place_stands_once_and_the_last_has_the_parcel():
    scans = scanned(
        ("pre_transit", ""), ("in_transit", "Leipzig"), ("in_transit", "Leipzig"), ("out_for_delivery", "Berlin")
    )
    found = [(stop["place"], stop["stop"]) for stop in stops(scans, "en")]
    assert found == [("Leipzig", "done"), ("Berlin", "now"), ("your door", "next")]


def test_what_is_delivered_is_at_the_door():
    found = stops(scanned(("in_transit", "Leipzig"), ("delivered", "Berlin")), "en")
    assert [(stop["place"], stop["stop_text"]) for stop in found][-2:] == [
        ("Berlin", "it was here"),
        ("your door", "it is here"),
    ]


def test_no_place_is_invented():
    assert stops(scanned(("in_transit", ""), ("delivered", "")), "en") == []
    back = stops(scanned(("in_transit", "Leipzig"), ("returned_to_sender", "Halle")), "en")
    assert [stop["place"] for stop in back] == ["Leipzig", "Halle"]


def test_of_many_places_the_newest_are_shown():
    found = stops(scanned(*(("in_transit", f"Town {n}") for n in range(20))), "en")
    assert len(found) == MOST + 1
    assert found[-2]["place"] == "Town 19"
