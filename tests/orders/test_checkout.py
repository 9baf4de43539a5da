"""Checkout: one order for one purchase, stock promised under locks, refusals in words."""

import re
import uuid

import pytest
from django import forms
from django.utils import translation
from djmoney.money import Money

from events.models import Event
from orders.models import Order
from orders.pages.forms import CheckoutForm
from shop.cart.models import Cart, CartLine
from shop.catalog.models import Stock
from shop.markets import places
from tests.orders.conftest import fill, form
from tests.support.factories import UserFactory, set_price


def test_a_guest_places_an_order_and_goes_to_pay(client, variant, method):
    cart = fill(client, variant, 2)
    response = client.post("/checkout/", form(cart, method))
    order = Order.objects.get()
    assert response.status_code == 302
    assert response["Location"] == f"/orders/{order.ref}/pay/"
    assert order.total == Money("44.90", "EUR")
    assert order.user is None
    assert [(line.sku, line.quantity) for line in order.lines.all()] == [(variant.sku, 2)]
    assert Stock.objects.get(variant=variant).reserved == 2
    assert Event.objects.get(stream=order.stream).type == "order.placed"
    assert cart.lines.count() == 0


def test_a_member_finds_the_order_among_theirs(client, variant, method):
    user = UserFactory()
    client.force_login(user)
    client.post("/cart/add/", {"variant": variant.pk, "quantity": 1})
    client.post("/checkout/", form(Cart.objects.get(user=user), method))
    assert Order.objects.get().user == user
    assert Order.objects.get().ref in client.get("/orders/").content.decode()


def test_a_reload_of_the_sent_form_places_one_order(client, variant, method):
    cart = fill(client, variant)
    sent = form(cart, method)
    first, second = client.post("/checkout/", sent), client.post("/checkout/", sent)
    assert Order.objects.count() == 1
    assert first["Location"] == second["Location"]


def test_two_tabs_place_one_order(client, variant, method):
    cart = fill(client, variant)
    one, two = form(cart, method), form(cart, method, name="Ann Second-Tab")
    client.post("/checkout/", one)
    client.post("/checkout/", two)
    assert Order.objects.get().name == "Ann Example"


def test_a_total_that_changed_since_it_was_shown_is_told_and_not_charged(client, variant, method):
    cart = fill(client, variant)
    sent = form(cart, method)
    set_price(variant, Money("99.00", "EUR"))
    response = client.post("/checkout/", sent, follow=True)
    assert Order.objects.count() == 0
    assert "has changed from €20.00 to €99.00" in response.content.decode()


def test_a_product_withdrawn_meanwhile_is_named_and_nothing_is_placed(client, variant, method):
    cart = fill(client, variant)
    variant.product.active = False
    variant.product.save()
    response = client.post("/checkout/", form(cart, method), follow=True)
    assert Order.objects.count() == 0
    assert "no longer for sale" in response.content.decode()
    assert cart.lines.count() == 1


def test_an_empty_cart_leads_back_to_the_cart_with_a_word(client, db):
    response = client.get("/checkout/", follow=True)
    assert response.redirect_chain[-1][0] == "/cart/"
    assert "Your cart is empty" in response.content.decode()


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"email": "ann"}, "valid email"),
        ({"name": ""}, "This field is required"),
        ({"address": ""}, "This field is required"),
        ({"city": ""}, "This field is required"),
        ({"postal_code": "123"}, "not a postal code"),
        ({"country": "XX"}, "valid choice"),
        ({"delivery_method": "999"}, "valid choice"),
        ({"name": "A" * 121}, "at most 120"),
    ],
)
def test_a_wrong_field_is_marked_and_what_was_typed_is_kept(client, variant, method, changes, said):
    cart = fill(client, variant)
    response = client.post("/checkout/", form(cart, method, **changes))
    assert response.status_code == 422
    page = response.content.decode()
    assert said in page
    assert "Hauptstr. 1" in page or "address" in changes
    assert Order.objects.count() == 0


def test_a_forged_checkout_key_places_nothing(client, variant, method):
    cart = fill(client, variant)
    client.post("/checkout/", form(cart, method, checkout_key=str(uuid.uuid4())))
    client.post("/checkout/", form(cart, method, checkout_key="nonsense"))
    assert Order.objects.count() == 0


def test_a_form_without_its_key_does_not_get_a_word_for_it(client, variant, method):
    sent = form(fill(client, variant), method)
    del sent["checkout_key"]
    page = client.post("/checkout/", sent).content.decode()
    assert 'name="checkout_key" value=""' in page
    assert Order.objects.count() == 0


def test_a_country_without_postal_codes_needs_none(client, variant, method):
    cart = fill(client, variant)
    client.post("/checkout/", form(cart, method, country="AE", postal_code="", city="Dubai", region="دبي"))
    assert Order.objects.get().postal_code == ""


def test_choosing_a_country_shows_its_fields_and_keeps_the_rest(client, variant, method):
    cart = fill(client, variant)
    response = client.post("/checkout/", form(cart, method, country="US", shape="1"))
    page = response.content.decode()
    assert response.status_code == 200
    assert "California" in page
    assert "Ann Example" in page
    assert Order.objects.count() == 0


def test_the_checkout_page_needs_at_most_twelve_queries(client, variant, method, django_assert_max_num_queries):
    fill(client, variant)
    with django_assert_max_num_queries(12):
        client.get("/checkout/")


def test_a_stranger_who_knows_the_key_gets_neither_the_order_nor_a_look_at_it(client, variant, method):
    from django.test import Client

    cart = fill(client, variant)
    sent = form(cart, method)
    client.post("/checkout/", sent)
    order = Order.objects.get()
    for stranger in (Client(), Client()):
        response = stranger.post("/checkout/", sent)
        assert response["Location"] == "/cart/"
        assert stranger.get(f"/orders/{order.ref}/").status_code == 404
        fill(stranger, variant)
        stranger.post("/checkout/", sent)
        assert stranger.get(f"/orders/{order.ref}/").status_code == 404
    assert Order.objects.count() == 1


def test_a_delivery_price_that_changed_since_it_was_shown_is_told_and_not_charged(client, variant, method):
    cart = fill(client, variant)
    sent = form(cart, method)
    method.price = Money("24.90", "EUR")
    method.save()
    response = client.post("/checkout/", sent, follow=True)
    assert "total has changed" in response.content.decode()
    assert Order.objects.count() == 0


@pytest.mark.parametrize("expected", ["sNaN", "NaN", "Infinity", "much", "1e999999"])
def test_a_total_that_makes_no_sense_counts_as_changed(client, variant, method, expected):
    cart = fill(client, variant)
    assert client.post("/checkout/", form(cart, method, **{f"total_{method.pk}": expected})).status_code == 409
    assert Order.objects.count() == 0


def test_a_line_that_was_bought_does_not_come_back_by_a_late_change(client, variant, method):
    from shop.cart import carts

    cart = fill(client, variant)
    line = CartLine.objects.select_related("cart", "variant__product", "variant__stock").get()
    client.post("/checkout/", form(cart, method))
    carts.set_quantity(line, 5)
    assert not CartLine.objects.exists()


@pytest.mark.parametrize("language", ["en", "zh-hans"])
@pytest.mark.parametrize("chosen", ["", "DE", "AX", "nonsense", '"><script>'])
def test_the_countries_read_as_django_would_write_them(db, language, chosen):
    """The list is written once for each language (see `CountrySelect`)."""

    def options(html):
        found = re.findall(r'<option value="([^"]*)"( selected)?>([^<]*)</option>', html)
        assert len(found) > 240
        return found

    with translation.override(language):
        field = CheckoutForm(initial={"country": chosen}, fallback=places.Place("DE", places.everywhere()))["country"]
        ours = str(field)
        field.field.widget.__class__ = forms.Select
        theirs = str(field)
    assert options(ours) == options(theirs)
    assert re.findall(r"<select[^>]*>", ours)[0].count("required") == 1
    assert set(re.findall(r'\w+="[^"]*"', ours.split(">", maxsplit=1)[0])) == set(
        re.findall(r'\w+="[^"]*"', theirs.split(">", maxsplit=1)[0])
    )
