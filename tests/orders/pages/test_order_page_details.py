"""Details of an order's page: caching, scripts, buttons and the methods it accepts."""

import re

import pytest

from events.models import Log
from orders import access_links
from orders.lifecycle import Actor, Status
from orders.models import Order
from orders.transitions import transition
from tests.support.factories import UserFactory, make_order

pytestmark = pytest.mark.django_db


@pytest.fixture
def mine(client):
    user = UserFactory()
    client.force_login(user)
    return make_order(user=user)


def test_no_cache_may_keep_a_page_of_an_order(client, mine):
    for address in (f"/orders/{mine.ref}/", access_links.path(mine), "/orders/", "/checkout/"):
        kept = client.get(address)["Cache-Control"]
        assert "no-store" in kept, address
        assert "private" in kept, address


FIELDS = ("name", "address", "city", "region", "postal_code")


@pytest.mark.parametrize("field", FIELDS)
def test_what_a_shopper_typed_is_text_and_never_markup(client, field):
    user = UserFactory()
    client.force_login(user)
    order = make_order(user=user, **{field: "<b>x</b>"})
    page = client.get(f"/orders/{order.ref}/").content.decode()
    assert "&lt;b&gt;x&lt;/b&gt;" in page
    assert "<b>x</b>" not in page


def test_the_page_names_the_log_and_the_version_that_it_shows(client, mine):
    page = client.get(f"/orders/{mine.ref}/").content.decode()
    shown = re.search(rf'data-stream="order:{mine.ref}" data-epoch="([^"]*)" data-version="(\d+)"', page)
    assert shown.groups() == (str(Log.current_epoch()), str(mine.version))


def form_hidden(page, verb, order):
    return " hidden" in re.search(rf'<form [^>]*action="/orders/{order.ref}/{verb}/"([^>]*)>', page)[1]


def test_the_buttons_are_there_for_what_is_possible(client, mine):
    page = client.get(f"/orders/{mine.ref}/").content.decode()
    assert not form_hidden(page, "pay", mine)
    assert not form_hidden(page, "cancel", mine)
    for status in (Status.PAID, Status.PREPARING):
        transition(mine.ref, status, by=Actor.STAFF, actor="staff:1")
    page = client.get(f"/orders/{mine.ref}/").content.decode()
    assert form_hidden(page, "pay", mine)
    assert form_hidden(page, "cancel", mine)


def test_an_order_is_not_cancelled_by_following_a_link(client, mine):
    assert client.get(f"/orders/{mine.ref}/cancel/").status_code == 200  # it asks
    assert Order.objects.get().status == Status.PLACED


def test_a_renamed_delivery_method_does_not_rename_what_was_ordered(client, mine):
    bought = mine.delivery_title
    mine.delivery_method.title = "Something else"
    mine.delivery_method.save()
    page = client.get(f"/orders/{mine.ref}/").content.decode()
    assert bought in page
    assert "Something else" not in page


def test_who_hears_the_timeline_hears_what_is_done_now_and_to_come(client, mine):
    transition(mine.ref, Status.PAID, by=Actor.STAFF, actor="staff:1")
    page = client.get(f"/orders/{mine.ref}/").content.decode()
    heard = re.findall(
        r'data-text="state_text">([^<]*)</span> <span><span class="step-label"\s+data-text="label">([^<]+)<', page
    )
    assert ("done:", "Placed") in heard
    assert ("now:", "Paid") in heard
    assert ("to come:", "Preparing") in heard
