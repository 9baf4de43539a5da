"""The cart: quantities, what changed since, guests and members."""

import re
import threading
from contextlib import suppress

import pytest
from django.contrib.sessions.models import Session
from django.db import connection
from django.db.models import QuerySet
from django.test import Client
from djmoney.money import Money

from events.db.prepared import prepared
from shop.cart import carts
from shop.cart.models import Cart, CartLine
from shop.catalog import stock
from tests.support.factories import UserFactory, VariantFactory, set_price
from tests.support.together import at_once

pytestmark = pytest.mark.django_db


@pytest.fixture
def variant():
    return VariantFactory(stocked=10)


def put(client, variant, quantity=1, **extra):
    return client.post("/cart/add/", {"variant": variant.pk, "quantity": quantity}, follow=True, **extra)


def page(client):
    return client.get("/cart/").content.decode()


def test_what_is_added_twice_adds_up(client, variant):
    put(client, variant, 2)
    put(client, variant, 3)
    assert CartLine.objects.get().quantity == 5


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        ("0", "at least 1"),
        ("-1", "whole number"),
        ("1000000000", "at most 99"),
        ("1e9", "whole number"),
        ("three", "whole number"),
        ("", "whole number"),
        ("٣", "whole number"),
        ("9" * 5000, "at most 99"),
    ],
)
def test_a_quantity_that_cannot_be_bought_is_refused_in_words(client, variant, raw, said):
    response = put(client, variant, raw)
    assert said in response.content.decode()
    assert not CartLine.objects.exists()


@pytest.mark.parametrize("key", ["", "0", "999999", "abc", "-1", "9" * 30])
def test_a_variant_that_does_not_exist_is_refused_in_words(client, key):
    response = client.post("/cart/add/", {"variant": key, "quantity": 1}, follow=True)
    assert response.status_code == 200
    assert "Please choose what to add" in response.content.decode()


def test_more_than_there_are_becomes_what_there_are_with_a_word(client, variant):
    response = put(client, variant, 50)
    assert "Only 10" in response.content.decode()
    assert CartLine.objects.get().quantity == 10


def test_what_is_sold_out_cannot_be_added(client):
    response = put(client, VariantFactory(stocked=0))
    assert "sold out" in response.content.decode()
    assert not CartLine.objects.exists()


def test_a_withdrawn_product_cannot_be_added(client, variant):
    variant.product.active = False
    variant.product.save()
    assert "no longer for sale" in put(client, variant).content.decode()


def test_a_quantity_is_changed_and_zero_takes_it_out(client, variant):
    put(client, variant)
    line = CartLine.objects.get()
    client.post(f"/cart/{line.pk}/", {"quantity": "4"})
    line.refresh_from_db()
    assert line.quantity == 4
    client.post(f"/cart/{line.pk}/", {"quantity": "0"})
    assert not CartLine.objects.exists()


def test_with_htmx_only_the_cart_comes_back_and_with_it_the_count(client, variant):
    put(client, variant)
    line = CartLine.objects.get()
    html = client.post(f"/cart/{line.pk}/", {"quantity": "3"}, headers={"hx-request": "true"}).content.decode()
    assert html.lstrip().startswith('<div id="cart">')
    assert 'hx-swap-oob="true">3</span>' in html
    refused = client.post(f"/cart/{line.pk}/", {"quantity": "-3"}, headers={"hx-request": "true"})
    assert refused.status_code == 422
    assert "whole number" in refused.content.decode()


def test_nobody_changes_a_foreign_cart(client, variant):
    other = CartLine.objects.create(cart=Cart.objects.create(), variant=variant, quantity=1, price_seen=variant.price)
    client.post(f"/cart/{other.pk}/", {"quantity": "9"})
    put(client, variant)
    client.post(f"/cart/{other.pk}/", {"quantity": "9"})
    other.refresh_from_db()
    assert other.quantity == 1


def test_a_price_that_changed_is_told_once(client, variant):
    put(client, variant)
    set_price(variant, Money("25.00", "EUR"))
    assert "has changed from €20.00 to €25.00" in page(client)
    assert "has changed" not in page(client)


def test_what_sold_out_meanwhile_is_named_and_blocks_the_checkout(client, variant):
    put(client, variant)
    stock.adjust(variant, 0)
    html = page(client)
    assert "has sold out meanwhile" in html
    assert "disabled>Checkout" in html
    assert client.get("/checkout/")["Location"] == "/cart/"


def test_what_was_withdrawn_meanwhile_is_named(client, variant):
    put(client, variant)
    variant.product.active = False
    variant.product.save()
    assert "no longer for sale. Please take it out" in page(client)


def test_a_guests_cart_is_merged_at_sign_in(client, variant):
    user = UserFactory(password="secret-word-7")
    mine = Cart.objects.create(user=user)
    other = VariantFactory()
    CartLine.objects.create(cart=mine, variant=variant, quantity=1, price_seen=variant.price)
    CartLine.objects.create(cart=mine, variant=other, quantity=2, price_seen=other.price)
    put(client, variant, 3)
    client.post("/accounts/login/", {"login": user.email, "password": "secret-word-7"})
    assert dict(mine.lines.values_list("variant", "quantity")) == {variant.pk: 3, other.pk: 2}
    assert carts.SESSION_KEY not in client.session
    assert Cart.objects.count() == 1


def test_the_cart_needs_at_most_eight_queries(client, django_assert_max_num_queries):
    for _ in range(5):
        put(client, VariantFactory())
    page(client)
    with django_assert_max_num_queries(8):
        page(client)


def test_a_session_that_names_a_members_cart_shows_nothing_of_it(client):
    """As after signing out in another window."""
    line = CartLine.objects.create(
        cart=Cart.objects.create(user=UserFactory()), variant=VariantFactory(), quantity=1, price_seen="1.00"
    )
    session = client.session
    session[carts.SESSION_KEY] = line.cart_id
    session.save()
    assert line.variant.product.title not in client.get("/cart/").content.decode()
    assert client.get("/checkout/").status_code == 302


def test_a_session_that_names_a_members_cart_puts_nothing_in_it(client, variant):
    theirs = Cart.objects.create(user=UserFactory())
    session = client.session
    session[carts.SESSION_KEY] = theirs.pk
    session.save()
    put(client, variant)
    assert not theirs.lines.exists()
    assert client.session[carts.SESSION_KEY] == CartLine.objects.get().cart_id != theirs.pk


def test_what_is_refused_leaves_no_cart_and_no_number_of_one(client):
    """The number of a cart that was not made after all may become somebody else's."""
    response = put(client, VariantFactory(stocked=0))
    assert "is sold out" in response.content.decode()
    assert not Cart.objects.exists()
    assert carts.SESSION_KEY not in client.session


def test_a_session_that_is_over_is_ended_though_the_click_is_refused(client):
    """A member whose password was changed elsewhere: what the refusal undoes is the cart's, and nothing else."""
    user = UserFactory(password="secret-word-7")
    client.force_login(user)
    key = client.session.session_key
    user.set_password("another-word-8")
    user.save()
    put(client, VariantFactory(stocked=0))
    assert not Session.objects.filter(session_key=key).exists()


def test_a_members_first_thing_and_the_next_are_in_one_cart(client, variant):
    client.force_login(UserFactory())
    put(client, variant, 2)
    put(client, VariantFactory(stocked=1))
    assert Cart.objects.count() == 1
    assert number_beside_cart(client) == 3


def number_beside_cart(client, path="/products/"):
    page = client.get(path).content.decode()
    return int(re.search(r'id="cart-count"[^>]*>(\d+)<', page)[1])


def test_a_member_with_two_browsers_sees_the_same_number_in_both(variant):
    member = UserFactory()
    one, other = Client(), Client()
    for browser in (one, other):
        browser.force_login(member)
        assert number_beside_cart(browser) == 0
    put(one, variant, 3)
    assert [number_beside_cart(browser) for browser in (one, other)] == [3, 3]
    assert [number_beside_cart(browser, "/cart/count/") for browser in (one, other)] == [3, 3]
    line = CartLine.objects.get()
    other.post(f"/cart/{line.pk}/", {"remove": "1"})
    assert [number_beside_cart(browser) for browser in (one, other)] == [0, 0]


def test_a_line_whose_cart_was_merged_meanwhile_does_not_come_back(client, variant):
    put(client, variant)
    line = CartLine.objects.select_related("cart", "variant__product", "variant__stock").get()
    Cart.objects.all().delete()
    assert carts.set_quantity(line, 3) == ""
    assert not CartLine.objects.exists()


@prepared
def anybodys(pk: int) -> QuerySet[Cart]:
    """The guard off."""
    return QuerySet(Cart).filter(pk=pk, user=None)


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("guarded", [True, False])
def test_clicks_at_once_add_up(client, variant, monkeypatch, guarded):
    """The second waits for the cart's row.

    Without that both read what there was, and one is lost (SQLite lets one write at a time anyway).
    """
    put(client, variant)
    key, together, do = client.session.session_key, threading.Barrier(2), carts._put

    def once_both_have_read(*args):
        with suppress(threading.BrokenBarrierError):
            together.wait(0.5)
        return do(*args)

    monkeypatch.setattr(carts, "_put", once_both_have_read)
    if not guarded:
        monkeypatch.setattr(carts, "_locked_guests", anybodys)

    def click():
        browser = Client()
        browser.cookies["sessionid"] = key
        browser.post("/cart/add/", {"variant": variant.pk, "quantity": 1})

    at_once(click, click)
    lost = not guarded and connection.vendor == "postgresql"
    assert CartLine.objects.get().quantity == (2 if lost else 3)


@pytest.mark.parametrize("htmx", [{}, {"HTTP_HX_REQUEST": "true"}])
def test_who_removes_a_line_twice_sees_the_cart(client, variant, htmx):
    put(client, variant)
    line = CartLine.objects.get()
    for _ in range(2):
        answer = client.post(f"/cart/{line.pk}/", {"remove": "1"}, follow=True, **htmx)
    assert answer.status_code == 200
    assert "This is no longer in your cart." in answer.content.decode()
    assert "Your cart is empty" in answer.content.decode()
