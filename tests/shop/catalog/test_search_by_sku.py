"""The search box takes a SKU from an order, a mail or a label."""

import re

import pytest

from tests.support.factories import ProductFactory, VariantFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def lamp():
    product = ProductFactory(title="Desk lamp")
    VariantFactory(product=product, sku="DEEP-9X7Y", option="Black", stocked=1)
    return VariantFactory(product=product, sku="DEEP-9X7Z", option="White", stocked=1)


@pytest.mark.parametrize("typed", ["DEEP-9X7Z", "deep-9x7z", "  DEEP-9X7Z "])
def test_a_sku_leads_to_its_product_with_that_variant_chosen(client, lamp, typed):
    answer = client.get("/search/", {"q": typed}, follow=True)
    assert answer.redirect_chain == [(f"/products/{lamp.product.slug}/?variant={lamp.sku}", 302)]
    page = answer.content.decode()
    assert re.search(rf'value="{lamp.pk}"[^>]*checked', page)


def test_a_sku_is_suggested_while_it_is_typed(client, lamp):
    assert "Desk lamp" in client.get("/search/suggest", {"q": "deep-9x7z"}).content.decode()


def test_a_sku_that_is_not_for_sale_leads_nowhere(client, lamp):
    lamp.product.active = False
    lamp.product.save()
    assert client.get("/search/", {"q": lamp.sku}).status_code == 200
