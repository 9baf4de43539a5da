"""The order's pages: who sees them, what they say, and what they cost."""

import re
import time
from unittest import mock

import pytest

from orders import access_links
from orders.lifecycle import Actor, Status
from orders.models import Order
from orders.transitions import transition
from shop.markets import places
from shop.pages import published
from tests.orders.conftest import fill, form
from tests.support.factories import UserFactory, make_order

pytestmark = pytest.mark.django_db


def test_a_foreign_order_and_none_at_all_get_the_same_answer(client):
    client.force_login(UserFactory())
    foreign = client.get(f"/orders/{make_order(user=UserFactory()).ref}/")
    none = client.get("/orders/00000-00000/")
    assert foreign.status_code == none.status_code == 404
    shown = [
        re.sub(r"nonce-\S+|csrfmiddlewaretoken.*?>|value=\"/orders.*?\"", "", r.content.decode())
        for r in (foreign, none)
    ]
    assert shown[0] == shown[1]


@pytest.mark.parametrize("path", ["/orders/{ref}/pay/", "/orders/{ref}/cancel/"])
def test_nobody_acts_on_a_foreign_order(client, path):
    order = make_order()
    assert client.post(path.format(ref=order.ref)).status_code == 404
    assert Order.objects.get(pk=order.pk).status == Status.PLACED


def test_a_member_sees_their_order_however_its_ref_is_typed(client):
    user = UserFactory()
    client.force_login(user)
    order = make_order(user=user, ref="K0QF3-M1XD9")
    assert client.get(f"/orders/{order.ref}/").status_code == 200
    assert client.get("/orders/koqf3mixd9/").status_code == 200


def test_a_signed_link_opens_the_order_and_lets_its_guest_act(client):
    order = make_order()
    page = client.get(access_links.path(order), follow=True).content.decode()
    assert f'data-stream="order:{order.ref}"' in page
    assert 'data-version="1"' in page
    assert re.search(r'<meta name="live-ticket" content="[^"]+">', page)
    client.post(f"/orders/{order.ref}/cancel/")
    assert Order.objects.get(pk=order.pk).status == Status.CANCELLED


def test_a_forged_link_is_not_found(client):
    token = access_links.token(make_order())
    assert client.get(f"/track/{token[:-2]}xx/").status_code == 404
    assert client.get("/track/nonsense/").status_code == 404


@pytest.mark.parametrize(("days", "status"), [(0, 200), (89.9, 200), (90.1, 410), (400, 410)])
def test_a_link_is_good_for_ninety_days_and_then_says_that_it_expired(client, days, status):
    order = make_order()
    with mock.patch("time.time", return_value=time.time() - days * 86_400):
        token = access_links.token(order)
    response = client.get(f"/track/{token}/", follow=True)
    assert response.status_code == status
    assert (b"This link has ended" in response.content) is (status == 410)


def test_the_page_says_where_the_order_is_and_offers_what_is_possible(client):
    order = make_order()
    page = client.get(access_links.path(order), follow=True).content.decode()
    assert re.search(r'role="status"[^>]*>\s*<h1[^>]*>Placed', page)
    assert "Pay now" in page
    transition(order.ref, Status.PAID, by=Actor.STAFF, actor="staff:1")
    page = client.get(access_links.path(order), follow=True).content.decode()
    assert re.search(r'data-show="can_pay" hidden', page)


def test_an_order_being_packed_can_no_longer_be_cancelled_by_its_shopper(client):
    order = make_order()
    for target in (Status.PAID, Status.PREPARING):
        transition(order.ref, target, by=Actor.STAFF, actor="staff:1")
    client.get(access_links.path(order), follow=True)
    response = client.post(f"/orders/{order.ref}/cancel/", follow=True)
    assert b"can no longer be cancelled" in response.content
    assert Order.objects.get(pk=order.pk).status == Status.PREPARING


def test_the_page_is_in_the_shoppers_language(client):
    order = make_order()
    page = client.get(access_links.path(order), follow=True, headers={"accept-language": "zh-hans"}).content.decode()
    assert "已下单" in page
    assert '<html lang="zh-hans">' in page


def test_it_refreshes_itself_without_javascript(client):
    page = client.get(access_links.path(make_order()), follow=True).content.decode()
    assert '<noscript><meta http-equiv="refresh" content="20"></noscript>' in page


def test_signing_in_is_asked_for_before_my_orders(client):
    assert client.get("/orders/")["Location"].startswith("/accounts/login/")


def test_the_order_page_needs_at_most_ten_queries(client, django_assert_max_num_queries):
    order = make_order()
    for target in (Status.PAID, Status.PREPARING, Status.SHIPPED):
        transition(order.ref, target, by=Actor.STAFF, actor="staff:1")
    client.get(access_links.path(order))
    url = order.get_absolute_url()
    client.get(url)
    with django_assert_max_num_queries(10):
        client.get(url)


def test_my_orders_need_as_many_queries_for_twenty_as_for_one(client, django_assert_max_num_queries):
    user = UserFactory()
    client.force_login(user)
    for _ in range(20):
        make_order(user=user)
    places.open_markets()  # which a process reads once in five seconds
    published.listed()
    with django_assert_max_num_queries(13):
        client.get("/orders/")


def test_a_guest_who_just_bought_may_watch_and_pay(client, variant, method):
    client.post("/checkout/", form(fill(client, variant), method))
    order = Order.objects.get()
    assert client.get(f"/orders/{order.ref}/").status_code == 200
    response = client.get(f"/orders/{order.ref}/pay/")
    assert "/gateway/test/" in response["Location"]
