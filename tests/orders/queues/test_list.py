"""The list of orders a queue at a time, shipping many at once by their numbers, and **Today**."""

import pytest
from django.db.models import QuerySet
from django.urls import reverse
from django.utils import timezone

from events.live.streams import Viewer, find
from orders.lifecycle import Status
from orders.models import Order, Parcel
from orders.queues.table import QUEUES
from tests.orders.conftest import member_of
from tests.orders.shipping.conftest import prepared
from tests.support.factories import make_order

pytestmark = [pytest.mark.slow, pytest.mark.django_db]

LIST = "/admin/orders/order/"
SHIP = "/admin/orders/order/ship-numbered/"


def shown(client, queue):
    return client.get(LIST, {"queue": queue}).content.decode()


def ship(client, *typed):
    return client.post(SHIP, {f"tracking-{order.pk}": number for order, number in typed}, follow=True).content.decode()


def status_of(order):
    return Order.objects.get(pk=order.pk).status


@pytest.mark.parametrize("queue", QUEUES, ids=lambda queue: queue.key)
def test_each_queue_has_a_list_with_its_columns(staff, queue):
    order = prepared(2)
    page = shown(staff, queue.key)
    assert 'aria-current="page"' in page
    assert str(queue.who) in page
    assert (order.ref in page) is (queue.key == "to_ship")


def test_to_ship_shows_what_goes_into_the_box_and_asks_for_the_number(staff):
    order = prepared(3, 1)
    page = shown(staff, "to_ship")
    assert "3 × Thing 0, 1 × Thing 1" in page
    assert f'name="tracking-{order.pk}"' in page


def test_the_list_of_all_orders_is_as_it_was(staff):
    order = make_order()
    page = staff.get(LIST).content.decode()
    assert order.ref in page
    assert order.email in page
    assert 'name="tracking-' not in page


def test_an_unknown_queue_is_the_list_of_all(staff):
    order = make_order()
    assert order.ref in shown(staff, "nonsense")


def test_the_list_says_what_is_wrong(staff):
    order = make_order()
    QuerySet(Order).filter(pk=order.pk).update(money_problem="disputed")
    assert "The payment is disputed." in shown(staff, "problems")


def test_a_list_costs_the_same_however_long_it_is(staff, django_assert_max_num_queries):
    for _ in range(8):
        prepared(1, 1)
    shown(staff, "to_ship")
    with django_assert_max_num_queries(40):
        shown(staff, "to_ship")


def test_all_with_a_number_are_shipped_by_one_press(staff):
    orders = [prepared(1) for _ in range(4)]
    page = ship(staff, *zip(orders[:3], ("A-1", "  A-2 ", "A 3"), strict=True), (orders[3], ""))
    assert "3 orders are shipped." in page
    assert [status_of(order) for order in orders] == [*[Status.SHIPPED] * 3, Status.PREPARING]
    assert sorted(Parcel.objects.values_list("tracking", flat=True)) == ["A-1", "A-2", "A3"]


def test_one_that_is_refused_is_named_and_the_others_are_shipped(staff):
    first, second, unpaid = prepared(1), prepared(1), make_order()
    page = ship(staff, (first, "A-1"), (second, "A-1"), (unpaid, "A-9"))
    assert "1 order is shipped." in page
    assert f"{second.ref} (A-1)" in page
    assert f"{unpaid.ref} (A-9)" in page
    assert (status_of(first), status_of(second)) == (Status.SHIPPED, Status.PREPARING)


def test_sent_twice_each_is_shipped_once(staff):
    order = prepared(1)
    ship(staff, (order, "A-1"))
    ship(staff, (order, "A-1"))
    assert Parcel.objects.count() == 1


def test_nothing_typed_ships_nothing_and_says_so(staff):
    order = prepared(1)
    assert "nothing was shipped" in ship(staff, (order, " "))
    assert status_of(order) == Status.PREPARING


@pytest.mark.parametrize(
    "name", ["tracking-", "tracking-x", "tracking-99999999999999999999", "tracking-²", "tracking--1", "tracking-0"]
)
def test_nonsense_names_nobodys_order(staff, name):
    order = prepared(1)
    assert staff.post(SHIP, {name: "A-1"}, follow=True).status_code == 200
    assert status_of(order) == Status.PREPARING


@pytest.mark.parametrize("number", ["x" * 10_000, "A\0B", "A\nB", "\u202e"])
def test_a_strange_number_breaks_nothing(staff, number):
    order = prepared(1)
    assert staff.post(SHIP, {f"tracking-{order.pk}": number}, follow=True).status_code == 200


def test_who_may_only_look_ships_nothing(client):
    order = prepared(1)
    client.force_login(member_of("Support"))
    page = shown(client, "to_ship")
    assert order.ref in page
    assert 'name="tracking-' not in page
    assert client.post(SHIP, {f"tracking-{order.pk}": "A-1"}).status_code == 403
    assert status_of(order) == Status.PREPARING


def test_today_has_the_queues_the_problems_and_the_newest(staff):
    order = make_order()
    QuerySet(Order).filter(pk=order.pk).update(money_problem="disputed")
    page = staff.get("/admin/").content.decode()
    for queue in QUEUES:
        assert str(queue.title) in page
        assert f"?queue={queue.key}" in page
    assert "The payment is disputed." in page
    assert reverse("admin:orders_order_change", args=[order.pk]) in page


def test_today_says_that_nothing_is_wrong(staff):
    page = staff.get("/admin/").content.decode()
    assert '<p data-show="calm">' in page


def test_who_may_not_see_orders_gets_no_queue(client):
    order = make_order()
    client.force_login(member_of("Catalogue"))
    page = client.get("/admin/").content.decode()
    assert order.ref not in page
    assert "?queue=" not in page


def test_the_stream_is_for_staff_who_may_see_orders():
    stream, key = find("queues")
    assert stream.topic(key, Viewer(user_id=1)) is None
    assert stream.topic("x", Viewer(permissions=frozenset({"orders.view_order"}))) is None
    assert stream.topic(key, Viewer(permissions=frozenset({"orders.view_order"}))) == "queues"


def test_a_frame_says_what_the_page_says_in_the_readers_language(staff):
    QuerySet(Order).filter(pk=make_order().pk).update(money_problem="disputed")
    stream, _key = find("queues")
    state = stream.snapshot("queues")
    english, chinese = (stream.present(state.state, language) for language in ("en", "zh-hans"))
    assert english["problems"] == chinese["problems"] == "1"
    assert english["problem_rows"][0]["sentence"] in staff.get("/admin/").content.decode()
    assert english["problem_rows"][0]["sentence"] != chinese["problem_rows"][0]["sentence"]
    assert state.n <= timezone.now().timestamp() * 1000
