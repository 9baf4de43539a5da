"""Nobody is led to what is no longer for sale."""

import pytest

from tests.support.factories import ProductFactory, VariantFactory

pytestmark = [pytest.mark.slow, pytest.mark.django_db]


def test_a_product_that_is_no_longer_for_sale_is_neither_found_nor_suggested(client):
    VariantFactory(product=ProductFactory(title="Copper kettle"), stocked=1)
    VariantFactory(product=ProductFactory(title="Copper bucket", active=False), stocked=1)
    for address in ("/search/?q=copper", "/search/suggest?q=copper", "/products/", "/"):
        page = client.get(address).content.decode()
        assert "Copper kettle" in page, address
        assert "Copper bucket" not in page, address
