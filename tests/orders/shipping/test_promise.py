"""What a product's page promises: the day, and what delivery costs to the visitor's country."""

from datetime import timedelta

import pytest
from django.utils import timezone
from djmoney.money import Money

from orders.presentation import day_range
from orders.shipping import estimate
from shop.catalog import stock
from shop.lib.kept_briefly import forget_everything
from shop.markets.places import COOKIE
from tests.support.factories import DeliveryMethodFactory, MarketFactory, PromotionFactory, VariantFactory, set_price

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def fresh():
    forget_everything()


def page(client, variant):
    return client.get(variant.product.get_absolute_url()).content.decode()


def free_delivery(**fields):
    return PromotionFactory(**{"kind": "free_delivery", "percent": None} | fields)


def test_the_cheapest_method_says_when_it_comes_and_what_it_costs(client):
    DeliveryMethodFactory(code="dear", price=Money("9.50", "EUR"), min_days=1, max_days=1)
    method = DeliveryMethodFactory(min_days=2, max_days=4)
    found = estimate.promised(method, timezone.localdate(), "DE")
    promised = f"At your door {day_range(found.first, found.last)}, €4.90 to Germany."
    assert f"data-promise>{promised}<" in page(client, VariantFactory())


def test_another_country_has_its_own_promise(client):
    MarketFactory(code="eu", countries=["DE", "FR"])
    MarketFactory(code="us", countries=["US"], currency="USD")
    DeliveryMethodFactory()
    DeliveryMethodFactory(code="air", price=Money("18.00", "USD"))
    variant = VariantFactory()
    set_price(variant, Money("20.00", "EUR"), Money("25.00", "USD"))
    client.cookies[COOKIE] = "US"
    assert "$18.00 to United States of America." in page(client, variant)
    client.cookies[COOKIE] = "FR"
    assert "€4.90 to France." in page(client, variant)


def test_nothing_is_promised_where_nothing_goes_or_nothing_is_left(client):
    variant = VariantFactory()
    assert "At your door" not in page(client, variant)
    forget_everything()
    DeliveryMethodFactory()
    stock.adjust(variant, 0)
    assert "data-promise hidden>" in page(client, variant)


def test_the_sum_from_which_delivery_is_free_is_said(client):
    DeliveryMethodFactory()
    free_delivery(minimum=Money("80.00", "EUR"))
    free_delivery(minimum=Money("50.00", "EUR"))
    assert "€4.90 to Germany. Free for orders from €50.00." in page(client, VariantFactory())


def test_delivery_that_is_free_for_everything_is_said_to_be_free(client):
    DeliveryMethodFactory()
    free_delivery()
    assert ", free to Germany.<" in page(client, VariantFactory())


@pytest.mark.parametrize(
    "fields",
    [
        {"code": "FREE"},
        {"starts": timezone.now() + timedelta(days=1)},
        {"ends": timezone.now() - timedelta(days=1)},
        {"minimum": Money("10.00", "USD")},
        {"most_uses": 0},
    ],
    ids=["with a code", "not yet", "no more", "in another currency", "used up"],
)
def test_an_offer_that_not_everybody_has_is_not_promised(client, fields):
    DeliveryMethodFactory()
    free_delivery(**fields)
    assert "€4.90 to Germany.<" in page(client, VariantFactory())


def test_an_offer_for_some_goods_is_not_promised(client):
    DeliveryMethodFactory()
    variant = VariantFactory()
    free_delivery(minimum=Money("50.00", "EUR")).products.add(variant.product)
    assert "€4.90 to Germany.<" in page(client, variant)
