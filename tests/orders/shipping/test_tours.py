"""A rider of the shop takes parcels along, and each shopper sees how many stops come before theirs."""

import re
from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from events.models import Event
from orders.lifecycle import IllegalTransition
from orders.models import Order, Parcel, Scan, Stop, Tour
from orders.presentation import present
from orders.shipping import parcels, scans, tours
from tests.orders.conftest import member_of
from tests.orders.shipping.conftest import prepared
from tests.support.factories import DeliveryMethodFactory
from tests.support.together import at_once

pytestmark = [pytest.mark.slow, pytest.mark.django_db]


@pytest.fixture
def rider():
    return member_of("Rider")


@pytest.fixture
def told(process_all):
    """What the shopper of each parcel reads on the order's page, up to the first point."""

    def words(*some):
        process_all()
        states = [Order.objects.get(pk=each.order_id).state() for each in some]
        return [present(state, "en")["parcels"][0]["nearer"].split(".")[0] for state in states]

    return words


def parcel(**order):
    """A parcel that waits for a rider."""
    made = prepared(1)
    for name, value in order.items():
        setattr(made, name, value)
    made.save()
    parcels.send(made.ref, None, actor="staff:1", method=DeliveryMethodFactory(code="bicycle", sent_by="rider"))
    return Parcel.objects.get(order=made)


def status(parcel):
    return Order.objects.get(pk=parcel.order_id).status


def next_stop(tour):
    return tours.left_of(tour)[0].pk


def test_each_shopper_sees_how_many_stops_come_before_theirs(rider, told):
    some = [parcel() for _ in range(3)]
    tour = tours.start(rider, [each.pk for each in some])
    assert told(*some) == ["You are the next stop", "1 stop comes before you", "2 stops come before you"]
    assert [status(each) for each in some] == ["out_for_delivery"] * 3
    tours.arrive(tour.pk, next_stop(tour), "delivered")
    assert told(*some) == ["", "You are the next stop", "1 stop comes before you"]
    assert [status(each) for each in some] == ["delivered", "out_for_delivery", "out_for_delivery"]


def test_what_is_left_for_later_comes_last(rider, told):
    some = [parcel() for _ in range(3)]
    tour = tours.start(rider, [each.pk for each in some])
    tours.later(tour.pk, next_stop(tour))
    assert told(*some) == ["2 stops come before you", "You are the next stop", "1 stop comes before you"]


def test_nobody_at_the_door_ends_the_stop_and_the_parcel_waits_for_another_tour(rider, told):
    missed, other = parcel(), parcel()
    tour = tours.start(rider, [missed.pk, other.pk])
    tours.arrive(tour.pk, next_stop(tour), "attempted")
    assert told(missed, other) == ["", "You are the next stop"]
    assert missed in tours.waiting()
    assert other not in tours.waiting()


def test_a_rider_who_rides_home_leaves_no_number_behind(rider, told):
    one = parcel()
    tour = tours.start(rider, [one.pk])
    told(one)
    tours.end(tour.pk)
    tours.end(tour.pk)  # a double click
    assert told(one) == [""]
    assert one in tours.waiting()
    assert Event.objects.filter(type="tour.ended").count() == 1
    assert tours.start(rider, [one.pk]).pk != tour.pk


def test_an_old_number_of_stops_is_not_shown(rider, told):
    one = parcel()
    tours.start(rider, [one.pk])
    assert told(one) == ["You are the next stop"]
    Parcel.objects.update(stops_at=timezone.now() - timedelta(hours=3))
    assert told(one) == [""]


def test_staff_who_say_that_it_arrived_end_the_waiting(rider, told):
    one = parcel()
    tours.start(rider, [one.pk])
    told(one)
    scans.scan(one, Scan.Kind.DELIVERED, timezone.now(), actor="staff:1")
    assert told(one) == [""]


def test_a_double_click_says_one_thing(rider, told):
    some = [parcel(), parcel()]
    tour = tours.start(rider, [each.pk for each in some])
    first = next_stop(tour)
    tours.arrive(tour.pk, first, "delivered")
    tours.arrive(tour.pk, first, "delivered")
    assert told(*some) == ["", "You are the next stop"]
    assert Event.objects.filter(type="tour.changed").count() == 1


def test_handling_the_same_change_again_changes_nothing(rider, told):
    one = parcel()
    tour = tours.start(rider, [one.pk])
    told(one)
    before = Order.objects.get(pk=one.order_id).version
    at = Event.objects.get(type="tour.started").cloud_event().time
    tours.take_along([one.pk], rider.pk, at)
    tours.tell([one.pk], at)
    assert tour.ended_at is None
    assert Order.objects.get(pk=one.order_id).version == before


def test_a_page_that_was_open_shows_what_a_fresh_one_shows(rider, told):
    """The newest event of the order holds the whole state."""
    some = [parcel(), parcel()]
    tour = tours.start(rider, [each.pk for each in some])
    told(*some)
    tours.arrive(tour.pk, next_stop(tour), "delivered")
    told(*some)
    order = Order.objects.get(pk=some[1].order_id)
    newest = Event.objects.filter(stream=order.stream).latest("seq")
    assert newest.type == "parcel.on_tour"
    assert newest.seq == order.version
    assert b'"stops_before":0' in bytes(newest.body).replace(b" ", b"")


@pytest.mark.parametrize("chosen", [[], [0], [10**18]])
def test_a_tour_of_nothing_does_not_start(rider, chosen):
    with pytest.raises(IllegalTransition):
        tours.start(rider, chosen)
    assert not Tour.objects.exists()


def test_a_parcel_that_another_carrier_brings_is_not_taken_along(rider):
    order = prepared(1)
    parcels.send(order.ref, None, actor="staff:1")
    assert not tours.waiting()
    with pytest.raises(IllegalTransition):
        tours.start(rider, [Parcel.objects.get(order=order).pk])


def test_a_rider_is_on_one_tour(rider):
    first, second = parcel(), parcel()
    tours.start(rider, [first.pk])
    with pytest.raises(IllegalTransition):
        tours.start(rider, [second.pk])
    assert Stop.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_two_riders_who_start_at_once_do_not_share_a_parcel():
    riders = [member_of("Rider"), member_of("Fulfilment")]
    one = parcel()

    def start(who):
        try:
            return tours.start(who, [one.pk])
        except IllegalTransition:
            return None

    started = at_once(*[lambda who=who: start(who) for who in riders])
    assert len([tour for tour in started if tour]) == 1
    assert Stop.objects.count() == 1


# -- The rider's page


@pytest.fixture
def phone(client, rider):
    client.force_login(rider)
    return client


def press(phone, name, *args, **form):
    return phone.post(reverse(f"orders:{name}", args=args), form, follow=True).content.decode()


def test_the_rider_takes_along_delivers_and_rides_home(phone, rider):
    near = parcel(postal_code="10115", address="1 Near Street")
    far = parcel(postal_code="99999", address="9 Far Street")
    page = phone.get(reverse("orders:tour")).content.decode()
    assert page.index("1 Near Street") < page.index("9 Far Street")
    page = press(phone, "start_tour", parcel=[near.pk, far.pk])
    tour = tours.of(rider)
    assert re.search(r'<script type="module" src="[^"]*js/admin/tour[.\w]*\.js"', page)  # makes photos smaller
    assert "2 stops are left" in page
    assert page.index("1 Near Street") < page.index("9 Far Street")
    page = press(phone, "arrive", tour.pk, next_stop(tour), "delivered")
    assert "1 Near Street" not in page
    page = press(phone, "arrive", tour.pk, next_stop(tour), "attempted")
    assert "Every stop is done." in page
    assert "9 Far Street" in press(phone, "end_tour", tour.pk)
    assert [status(near), status(far)] == ["delivered", "out_for_delivery"]


def test_nonsense_from_the_page_is_refused_in_words(phone, rider):
    one = parcel()
    assert "Choose between one parcel and 60." in press(phone, "start_tour", parcel=["x", "-1", "9" * 40])
    press(phone, "start_tour", parcel=[one.pk])
    tour = tours.of(rider)
    assert "Say whether it was delivered." in press(phone, "arrive", tour.pk, next_stop(tour), "lost")
    press(phone, "end_tour", tour.pk)
    assert "This tour has ended." in press(phone, "arrive", tour.pk, 1, "delivered")


@pytest.mark.parametrize(
    ("role", "allowed"), [("Rider", True), ("Fulfilment", True), ("Support", False), ("Catalogue", False)]
)
def test_the_page_is_for_those_who_may_ride(client, role, allowed):
    one = parcel()
    client.force_login(member_of(role))
    assert (client.get(reverse("orders:tour")).status_code == 200) is allowed
    client.post(reverse("orders:start_tour"), {"parcel": [one.pk]})
    assert Tour.objects.exists() is allowed


def test_nobody_rides_another_riders_tour(client, rider):
    one = parcel()
    tour = tours.start(rider, [one.pk])
    client.force_login(member_of("Manager"))
    for address in (
        reverse("orders:arrive", args=[tour.pk, next_stop(tour), "delivered"]),
        reverse("orders:end_tour", args=[tour.pk]),
    ):
        assert client.post(address).status_code in (403, 404, 302)
    assert tours.of(rider) == tour
    assert tours.left_of(tour).count() == 1


def test_the_rider_sees_no_other_page_of_orders(phone):
    order = prepared(1)
    assert phone.get(reverse("admin:orders_order_change", args=[order.pk])).status_code in (302, 403)
    assert phone.get(reverse("orders:order", args=[order.ref])).status_code in (302, 403, 404)


def test_the_page_of_many_stops_takes_a_few_queries(phone, rider, django_assert_max_num_queries):
    tours.start(rider, [parcel().pk for _ in range(6)])
    with django_assert_max_num_queries(14):
        phone.get(reverse("orders:tour"))
