"""A variant that is not sold any more: no page offers it, orders and its stock keep it, and it can come back."""

import re

import pytest
from django.urls import reverse
from djmoney.money import Money

from orders import phone_orders
from orders.models import Order
from shop.catalog import publication, stock
from shop.catalog.models import Variant
from shop.wishes import alerts
from tests.orders.conftest import fill, form
from tests.shop.catalog.conftest import product_form
from tests.support.factories import DeliveryMethodFactory, UserFactory, VariantFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def mugs():
    """Two variants of one product: blue is dearer, and withdrawn."""
    sage = VariantFactory(option="sage", sku="MUG-S", stocked=5)
    blue = VariantFactory(product=sage.product, option="blue", sku="MUG-B", stocked=5, price=Money("30.00", "EUR"))
    withdraw(blue)
    return sage, blue


def withdraw(variant, active=False):
    variant.active = active
    variant.save(update_fields=["active"])


def page(client, address):
    return client.get(address).content.decode()


def test_its_products_page_offers_the_others(client, mugs):
    sage, _blue = mugs
    for query in ("", "?variant=MUG-B"):
        html = page(client, sage.product.get_absolute_url() + query)
        assert "stock:MUG-S" in html
        assert "stock:MUG-B" not in html


def test_a_product_without_another_one_is_no_longer_for_sale(client, mugs):
    sage, _blue = mugs
    withdraw(sage)
    assert "This is no longer for sale." in page(client, sage.product.get_absolute_url())
    for address in ("/", "/products/", "/search/?q=mug", f"/search/?q={sage.sku}"):
        assert sage.product.get_absolute_url() not in page(client, address), address
    assert publication.missing(sage.product) == ["It has no variant for sale, so nobody can buy it."]


@pytest.mark.parametrize("query", ["option=blue", "min=25", "min=25&sort=cheapest"])
def test_no_filter_finds_the_product_by_it(client, mugs, query):
    sage, blue = mugs
    assert sage.product.get_absolute_url() not in page(client, f"/products/?{query}")
    withdraw(blue, active=True)
    assert sage.product.get_absolute_url() in page(client, f"/products/?{query}")


def test_a_list_by_price_does_not_sort_by_it(client, mugs):
    sage, blue = mugs
    VariantFactory(stocked=1, price=Money("25.00", "EUR"), sku="POT")
    withdraw(sage)
    withdraw(blue, active=True)  # the product costs 30 now
    html = page(client, "/products/?sort=cheapest")
    places = [html.index(v.product.get_absolute_url()) for v in (Variant.objects.get(sku="POT"), blue)]
    assert places == sorted(places)


def test_it_is_not_put_into_a_cart(client, mugs):
    _sage, blue = mugs
    answer = client.post("/cart/add/", {"variant": blue.pk, "quantity": 1}, follow=True)
    assert "Please choose what to add." in answer.content.decode()


def test_what_is_in_a_cart_is_refused_with_a_sentence(client):
    blue = VariantFactory(option="blue", stocked=5)
    client.post("/cart/add/", {"variant": blue.pk, "quantity": 1})
    withdraw(blue)
    assert "is no longer for sale. Please take it out." in page(client, "/cart/")


def test_no_order_is_placed_with_what_was_withdrawn_meanwhile(client):
    blue, method = VariantFactory(option="blue", stocked=5), DeliveryMethodFactory()
    sent = form(fill(client, blue), method)
    withdraw(blue)
    answer = client.post("/checkout/", sent, follow=True)
    assert "is no longer for sale. Please take it out." in answer.content.decode()
    assert not Order.objects.exists()
    withdraw(blue, active=True)
    client.post("/checkout/", sent)
    assert Order.objects.exists()


def test_no_alert_is_asked_for_or_sent(client):
    blue = VariantFactory(stocked=0)
    alerts.request(blue, "ann@example.com", "en")
    withdraw(blue)
    assert client.get(reverse("wishes:alert", args=[blue.pk])).status_code == 404
    stock.adjust(blue, 5)
    assert alerts.wake(blue.sku) == 0
    withdraw(blue, active=True)
    assert alerts.wake(blue.sku) == 1


def test_staff_withdraw_it_on_the_products_page_and_see_it_in_the_table(client, mugs):
    sage, blue = mugs
    withdraw(blue, active=True)
    client.force_login(UserFactory(is_staff=True, is_superuser=True))
    address = reverse("admin:catalog_product_change", args=[sage.product_id])
    html = page(client, address)
    fields = re.findall(r'<input[^>]*name="(variants-\d+-active)"[^>]*>', html)
    assert fields[:2] == ["variants-0-active", "variants-1-active"]
    assert html.count("checked") >= 2
    sent = product_form(sage.product)
    del sent["variants-1-active"]  # as a browser sends what is switched off
    assert client.post(address, sent).status_code == 302
    assert list(Variant.objects.order_by("pk").values_list("active", flat=True)) == [True, False]
    grid = page(client, reverse("admin:catalog_product_grid"))
    assert grid.count("not for sale") == 1


def test_staff_are_not_offered_it_for_an_order_by_phone(mugs):
    sage, blue = mugs
    assert [found.sku for found in phone_orders.variants(sage.product.title, "EUR")] == [sage.sku]
    assert phone_orders.exactly(blue.sku, "EUR") is None
    assert phone_orders.variant(blue.pk, "EUR").price is None
