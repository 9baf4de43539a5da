"""A product that staff make in admin has a stock row from the beginning, and can be bought once it was counted."""

import pytest

from orders.models import Order
from shop.catalog.models import Product, Stock
from tests.orders.conftest import fill, form
from tests.support.factories import CategoryFactory, DeliveryMethodFactory

pytestmark = pytest.mark.django_db


def make(client, *skus):
    sent = {
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
        sent |= {
            f"variants-{n}-sku": sku,
            f"variants-{n}-option_en": f"size {n}",
            f"variants-{n}-option_zh_hans": "",
            f"variants-{n}-price_eur": "30.00",
            f"variants-{n}-position": n,
        }
    answer = client.post("/admin/catalog/product/add/", sent)
    assert answer.status_code == 302, answer.content.decode()
    return Product.objects.get()


def test_every_variant_of_a_new_product_has_a_stock_row(owner):
    make(owner, "CK-1", "CK-2")
    assert list(Stock.objects.order_by("sku").values_list("sku", "on_hand")) == [("CK-1", 0), ("CK-2", 0)]


def test_a_variant_added_later_has_a_stock_row_too(owner):
    product = make(owner, "CK-1")
    variant = product.variants.get()
    sent = {
        "title_en": "Copper kettle",
        "slug": "copper-kettle",
        "category": product.category_id,
        "active": "on",
        "tax_class": "standard",
        "pictures-TOTAL_FORMS": 0,
        "pictures-INITIAL_FORMS": 0,
        "variants-TOTAL_FORMS": 2,
        "variants-INITIAL_FORMS": 1,
        "variants-0-id": variant.pk,
        "variants-0-product": product.pk,
        "variants-0-price_eur": "30.00",
        "variants-0-position": 0,
        "variants-1-product": product.pk,
        "variants-1-sku": "CK-2",
        "variants-1-price_eur": "40.00",
        "variants-1-position": 1,
    }
    answer = owner.post(f"/admin/catalog/product/{product.pk}/change/", sent)
    assert answer.status_code == 302, answer.content.decode()
    assert Stock.objects.filter(sku="CK-2").exists()


def test_it_is_bought_by_a_shopper_once_it_was_counted(owner, client):
    variant = make(owner, "CK-1").variants.get()
    owner.post(f"/admin/catalog/stock/{variant.stock.pk}/change/", {"counted": "3"})
    client.logout()
    client.post("/checkout/", form(fill(client, variant, 2), DeliveryMethodFactory()))
    assert [(line.sku, line.quantity) for line in Order.objects.get().lines.all()] == [("CK-1", 2)]
    assert Stock.objects.get(sku="CK-1").reserved == 2
