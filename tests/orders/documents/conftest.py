"""What the tests of documents share."""

from decimal import Decimal
from typing import Any

import pytest

from orders.checkout import Details, place_order
from orders.lifecycle import Actor, Status
from orders.models import Order
from orders.transitions import transition
from shop.cart.models import Cart, CartLine
from tests.support.factories import (
    ADDRESS,
    DeliveryMethodFactory,
    PromotionFactory,
    SellerFactory,
    TaxRateFactory,
    VariantFactory,
)


@pytest.fixture
def seller(db: None) -> Any:
    return SellerFactory()


@pytest.fixture
def bought(db: None) -> Any:
    """Buy two things of different taxes with a discount, and pay; `**more` are details of the checkout."""

    def buy(**more: Any) -> Order:
        for country, percent in (("DE", 19), ("FR", 20)):
            TaxRateFactory(country=country, percent=Decimal(percent))
            TaxRateFactory(country=country, tax_class="reduced", percent=Decimal("5.5" if country == "FR" else 7))
        PromotionFactory(title_en="Spring sale", title_zh_hans="春季促销")
        cart = Cart.objects.create()
        for tax_class, quantity in (("standard", 3), ("reduced", 1)):
            variant = VariantFactory()
            variant.product.tax_class = tax_class
            variant.product.save()
            CartLine.objects.create(cart=cart, variant=variant, quantity=quantity, price_seen=variant.price)
        method = DeliveryMethodFactory()
        details = Details(**ADDRESS | {"region": "", "delivery_method": method, "language": "en"} | more)
        order = place_order(cart.pk, cart.checkout_key, details, user_id=None, expected=None)
        transition(order.ref, Status.PAID, by=Actor.STAFF, actor="staff:1")
        order.refresh_from_db()
        return order

    return buy
