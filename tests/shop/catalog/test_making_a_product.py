"""A product that staff make in admin has a stock from the beginning, and is bought once somebody said how many."""

import json
import re

import pytest
from django.contrib.auth.models import Permission

from events.models import Event
from orders.models import Order
from shop.catalog.models import Product, Stock
from tests.orders.conftest import fill, form
from tests.shop.catalog.conftest import product_form
from tests.support.factories import CategoryFactory, DeliveryMethodFactory, UserFactory

pytestmark = [pytest.mark.slow, pytest.mark.django_db]


def sent(*skus, **changes):
    """What the form of a new product sends."""
    fields = {
        "title_en": "Copper kettle",
        "title_zh_hans": "铜壶",
        "text_en": "Boils.",
        "text_zh_hans": "",
        "slug": "copper-kettle",
        "category": CategoryFactory().pk,
        "active": "on",
        "tax_class": "standard",
        "pictures-TOTAL_FORMS": 0,
        "pictures-INITIAL_FORMS": 0,
        "variants-TOTAL_FORMS": len(skus),
        "variants-INITIAL_FORMS": 0,
    }
    for n, sku in enumerate(skus):
        fields |= {
            f"variants-{n}-sku": sku,
            f"variants-{n}-option_en": f"size {n}",
            f"variants-{n}-option_zh_hans": "",
            f"variants-{n}-price_eur": "30.00",
            f"variants-{n}-position": n,
            f"variants-{n}-active": "on",
        }
    return fields | changes


def make(client, *skus, **changes):
    answer = client.post("/admin/catalog/product/add/", sent(*skus, **changes))
    assert answer.status_code == 302, answer.content.decode()
    return Product.objects.get()


def test_every_variant_of_a_new_product_has_a_stock_row(owner):
    make(owner, "CK-1", "CK-2")
    assert there() == [("CK-1", 0), ("CK-2", 0)]


def there():
    return list(Stock.objects.order_by("sku").values_list("sku", "on_hand"))


def test_how_many_there_are_of_a_new_variant_is_typed_with_it_and_its_history_says_who(owner):
    variant = make(owner, "CK-1", **{"variants-0-on_hand": "5"}).variants.get()
    assert there() == [("CK-1", 5)]
    said = json.loads(bytes(Event.objects.get(stream=variant.stock.stream).body))["data"]
    assert (said["reason"], said["actor"]) == ("opening", f"staff:{owner.session['_auth_user_id']}")
    page = owner.get(f"/admin/catalog/product/{variant.product_id}/change/").content.decode()
    field = re.search(r'<input[^>]*name="variants-0-on_hand"[^>]*>', page)[0]
    assert 'value="5"' in field
    assert "disabled" in field


@pytest.mark.parametrize(
    ("typed", "said"), [("-1", "greater than or equal to 0"), ("some", "whole number"), ("99999999", "less than or")]
)
def test_what_is_no_number_of_pieces_is_said_and_the_rest_stays_typed(owner, typed, said):
    answer = owner.post("/admin/catalog/product/add/", sent("CK-1", **{"variants-0-on_hand": typed}))
    page = answer.content.decode()
    assert answer.status_code == 200
    assert said in page
    assert 'value="CK-1"' in page
    assert not Product.objects.exists()


def test_who_may_not_count_types_no_number(client):
    person = UserFactory(is_staff=True)
    names = [f"{verb}_{model}" for verb in ("view", "add", "change") for model in ("product", "variant")]
    person.user_permissions.set(Permission.objects.filter(codename__in=names))
    client.force_login(person)
    assert "on_hand" not in client.get("/admin/catalog/product/add/").content.decode()
    make(client, "CK-1", **{"variants-0-on_hand": "5"})
    assert there() == [("CK-1", 0)]


def test_a_variant_added_later_has_a_stock_row_too(owner):
    product = make(owner, "CK-1")
    more = {
        "variants-TOTAL_FORMS": 2,
        "variants-1-product": product.pk,
        "variants-1-sku": "CK-2",
        "variants-1-price_eur": "40.00",
        "variants-1-position": 1,
        "variants-1-active": "on",
        "variants-0-on_hand": "8",  # of one that is there already: counted under Stock, not here
        "variants-1-on_hand": "4",
    }
    form = product_form(product, **more)
    answer = owner.post(f"/admin/catalog/product/{product.pk}/change/", form)
    assert answer.status_code == 302, answer.content.decode()
    assert there() == [("CK-1", 0), ("CK-2", 4)]


def test_it_is_bought_by_a_shopper_once_it_was_counted(owner, client):
    variant = make(owner, "CK-1").variants.get()
    owner.post(f"/admin/catalog/stock/{variant.stock.pk}/change/", {"counted": "3"})
    client.logout()
    client.post("/checkout/", form(fill(client, variant, 2), DeliveryMethodFactory()))
    assert [(line.sku, line.quantity) for line in Order.objects.get().lines.all()] == [("CK-1", 2)]
    assert Stock.objects.get(sku="CK-1").reserved == 2
