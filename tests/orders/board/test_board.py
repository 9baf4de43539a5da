"""The staff's board: what it counts, who may see it, and that it costs the same however many orders there are."""

from datetime import timedelta

import pytest
from django.utils import timezone

from events.live.streams import Viewer, find
from events.models import Delivery
from orders.board import presentation, read
from orders.lifecycle import Actor, Status
from orders.models import Order
from orders.transitions import transition
from tests.support.factories import UserFactory, make_order

pytestmark = [pytest.mark.slow, pytest.mark.django_db]


def shown():
    return presentation.present(read.read(timezone.now()))


def column(state, key):
    return next(column for column in state["columns"] if column["key"] == key)


def test_orders_are_counted_by_status_the_oldest_first_and_the_newest_apart():
    orders = [make_order() for _ in range(read.CARDS + 2)]
    transition(orders[0].ref, Status.PAID, by=Actor.STAFF, actor="staff:1")
    state = shown()
    assert column(state, "placed")["count"] == read.CARDS + 1
    assert column(state, "placed")["more"] == 1
    assert column(state, "placed")["cards"][0]["ref"] == orders[1].ref
    assert [card["ref"] for card in column(state, "paid")["cards"]] == [orders[0].ref]
    assert state["newest"][0]["ref"] == orders[-1].ref


def test_late_orders_are_counted_over_all_and_marked_on_their_cards():
    orders = [make_order() for _ in range(read.CARDS + 3)]
    for order in orders:
        transition(order.ref, Status.PAID, by=Actor.STAFF, actor="staff:1")
    Order.objects.exclude(pk=orders[0].pk).update(promised_by=timezone.localdate() - timedelta(days=1))
    state = shown()
    assert state["late"] == read.CARDS + 2
    cards = column(state, "paid")["cards"]
    assert [card["ref"] for card in cards if not card["late"]] == [orders[0].ref]
    assert len([card for card in cards if card["late"]]) == read.CARDS - 1


def test_the_pulse_is_what_was_handled_in_each_second_and_how_long_it_took():
    make_order()
    now = timezone.now().replace(microsecond=500_000)
    (delivery,) = Delivery.objects.filter(handler="live", stream__startswith="order:").select_related("event")
    Delivery.objects.filter(pk=delivery.pk).update(acknowledged_at=now - timedelta(seconds=2))
    type(delivery.event).objects.filter(pk=delivery.event_id).update(
        recorded_at=now - timedelta(seconds=2, milliseconds=8)
    )
    seconds = read.pulse(now)
    assert len(seconds) == read.SECONDS
    assert seconds[-2] == read.Pulse(1, 8.0, 8.0)
    assert sum(second.handled for second in seconds) == 1


def test_dead_letters_and_the_oldest_delivery_are_on_the_board():
    make_order()
    Delivery.objects.filter(handler="mail").update(dead_lettered_at=timezone.now())
    Delivery.objects.filter(handler="live").update(due_at=timezone.now() - timedelta(seconds=42))
    state = shown()
    assert state["dead_letters"] >= 1
    assert 42 <= state["oldest"] < 50


def test_it_costs_the_same_however_many_orders_there_are(django_assert_max_num_queries):
    for _ in range(30):
        make_order()
    with django_assert_max_num_queries(18):
        shown()


def test_the_stream_is_for_staff_who_may_see_orders():
    stream, key = find("board")
    assert stream.topic(key, Viewer(user_id=1)) is None
    assert stream.topic(key, Viewer()) is None
    assert stream.topic("x", Viewer(permissions=frozenset({"orders.view_order"}))) is None
    assert stream.topic(key, Viewer(permissions=frozenset({"orders.view_order"}))) == "board"


@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_the_page_is_for_staff_and_in_their_language(client, language):
    make_order()
    assert client.get("/admin/board/").status_code == 302
    client.force_login(UserFactory(is_staff=True))
    assert client.get("/admin/board/").status_code == 302
    client.force_login(UserFactory(is_staff=True, is_superuser=True))
    page = client.get("/admin/board/", headers={"accept-language": language})
    assert page.status_code == 200
    assert ("Placed" if language == "en" else "已下单") in page.content.decode()
