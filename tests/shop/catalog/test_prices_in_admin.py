"""The prices of a variant, as staff type them: one column for each currency."""

import pytest
from djmoney.money import Money

from shop.catalog.models import Price, Variant
from shop.staff.models import TrailEntry
from tests.shop.catalog.conftest import product_form
from tests.support.factories import CategoryFactory, VariantFactory, set_price

pytestmark = [pytest.mark.slow, pytest.mark.django_db]


@pytest.fixture
def variant():
    made = VariantFactory()
    set_price(made, Money("20.00", "EUR"), Money("24.00", "USD"))
    return made


def sent(variant, **prices):
    typed = {f"variants-0-price_{currency}": amount for currency, amount in prices.items()}
    return product_form(variant.product, **{"variants-0-price_eur": "", **typed})


def change(client, variant, **prices):
    return client.post(f"/admin/catalog/product/{variant.product_id}/change/", sent(variant, **prices))


def prices_of(variant):
    return {str(price.amount) for price in Price.objects.filter(variant=variant)}


def test_the_form_shows_each_price_with_its_decimals(admin_client, variant):
    page = admin_client.get(f"/admin/catalog/product/{variant.product_id}/change/").content.decode()
    for value in ('value="20.00"', 'value="24.00"'):
        assert value in page


def test_prices_are_changed_added_and_taken_away(admin_client, variant):
    assert change(admin_client, variant, eur="19,50", usd="", cny="150").status_code == 302
    assert prices_of(variant) == {"€19.50", "CN¥150.00"}


def test_the_trail_has_the_price_before_and_after(admin_client, variant):
    change(admin_client, variant, eur="19.50", usd="24.00")
    entry = TrailEntry.objects.get(kind="catalog.price")
    assert entry.changes["amount"] == ["€20.00", "€19.50"]


@pytest.mark.parametrize("typed", ["1.005", "-1", "abc", "$5", "1e3", "NaN", "9" * 15, "1,299"])
def test_what_is_no_amount_is_refused_at_its_field_and_changes_nothing(admin_client, variant, typed):
    answer = change(admin_client, variant, eur=typed, usd="24.00")
    assert answer.status_code == 200
    assert "This is no amount of EUR. Write it as 19.99." in answer.content.decode()
    assert prices_of(variant) == {"€20.00", "$24.00"}


def test_a_variant_without_any_price_is_refused(admin_client, variant):
    answer = change(admin_client, variant, eur="", usd="")
    assert "A price in one currency at least." in answer.content.decode()
    assert prices_of(variant) == {"€20.00", "$24.00"}


def test_a_delivery_price_with_more_decimals_than_its_currency_is_refused(admin_client):
    form = {
        "code": "x",
        "title_en": "X",
        "carrier": "C",
        "sent_by": "manual",
        "min_days": 1,
        "max_days": 2,
        "position": 0,
        "price_1": "EUR",
    }
    answer = admin_client.post("/admin/orders/deliverymethod/add/", form | {"price_0": "4.905"})
    assert answer.status_code == 200
    assert "EUR has 2 decimals." in answer.content.decode()
    assert admin_client.post("/admin/orders/deliverymethod/add/", form | {"price_0": "4.90"}).status_code == 302


def test_a_new_variant_has_its_prices(admin_client):
    form = {
        "title_en": "Jug",
        "slug": "jug",
        "category": CategoryFactory().pk,
        "active": "on",
        "tax_class": "reduced",
        "pictures-TOTAL_FORMS": 0,
        "pictures-INITIAL_FORMS": 0,
        "variants-TOTAL_FORMS": 1,
        "variants-INITIAL_FORMS": 0,
        "variants-0-sku": "JUG",
        "variants-0-position": 0,
        "variants-0-active": "on",
        "variants-0-price_usd": "12.00",
    }
    answer = admin_client.post("/admin/catalog/product/add/", form)
    assert answer.status_code == 302, answer.content.decode()
    assert prices_of(Variant.objects.get()) == {"$12.00"}
