"""A form of a promotion with products that are none is said to be wrong, and is no error of the server."""

import pytest

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("product", ["%", "x", "-1", "²"])
def test_a_product_that_is_none_is_refused_beside_its_field(admin_client, product):
    answer = admin_client.post(
        "/admin/vouchers/promotion/add/", {"title_en": "X", "kind": "percent", "products": [product]}
    )
    assert answer.status_code == 200
    assert answer.context["adminform"].form.errors["products"]
