from typing import Any

import pytest

from shop.catalog.models import Product
from tests.support.factories import UserFactory


@pytest.fixture
def owner(client):
    """The owner of the shop, signed in."""
    client.force_login(UserFactory(is_staff=True, is_superuser=True))
    return client


def product_form(product: Product, **changes: Any) -> dict[str, Any]:
    """The fields of a product's page in admin, as the page sends them; each variant is for sale and costs 20 euros."""
    rows = list(product.variants.all())
    sent = {
        "title_en": product.title,
        "slug": product.slug,
        "category": product.category_id,
        "tax_class": product.tax_class,
        "pictures-TOTAL_FORMS": 0,
        "pictures-INITIAL_FORMS": 0,
        "variants-TOTAL_FORMS": len(rows),
        "variants-INITIAL_FORMS": len(rows),
    }
    for n, row in enumerate(rows):
        sent |= {f"variants-{n}-id": row.pk, f"variants-{n}-product": product.pk, f"variants-{n}-position": n}
        sent |= {f"variants-{n}-option_en": row.option or "", f"variants-{n}-price_eur": "20.00"}
        sent |= {f"variants-{n}-active": "on"}
    return sent | changes
