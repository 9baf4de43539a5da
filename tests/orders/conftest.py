"""What the order tests share."""

from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.test import Client
from django.urls import reverse
from djmoney.money import Money

from shop.cart import carts
from shop.cart.models import Cart, CartLine
from tests.support.factories import ADDRESS, DeliveryMethodFactory, UserFactory, VariantFactory, price_of


@pytest.fixture
def variant(db: None) -> Any:
    return VariantFactory(stocked=10)


@pytest.fixture
def method(db: None) -> Any:
    return DeliveryMethodFactory()


@pytest.fixture
def mug(db: None) -> Any:
    return VariantFactory(sku="MUG", price=Money("10.00", "EUR"), stocked=10)


@pytest.fixture
def pot(db: None) -> Any:
    return VariantFactory(sku="POT", price=Money("25.00", "EUR"), stocked=10)


def member_of(*roles: str) -> Any:
    """Somebody of the staff with these roles."""
    user = UserFactory(is_staff=True)
    user.groups.set(Group.objects.filter(name__in=roles))
    return user


@pytest.fixture
def staff(client: Client) -> Client:
    """The client of somebody who may move orders."""
    client.force_login(member_of("Manager"))
    return client


def admin_page(order: Any) -> str:
    return reverse("admin:orders_order_change", args=[order.pk])


def move_url(order: Any, target: str) -> str:
    return reverse("admin:orders_order_move", args=[order.pk, target])


def fill(client: Client, variant: Any, quantity: int = 1) -> Cart:
    """Put something in this client's cart, by the pages."""
    client.post("/cart/add/", {"variant": variant.pk, "quantity": quantity})
    return Cart.objects.get(pk=client.session[carts.SESSION_KEY])


def form(cart: Cart, method: Any, **changes: Any) -> dict[str, Any]:
    """The checkout form as a shopper would send it."""
    goods = sum(price_of(line.variant).amount * line.quantity for line in CartLine.objects.filter(cart=cart))
    return ADDRESS | {
        "checkout_key": str(cart.checkout_key),
        f"total_{method.pk}": str(goods + method.price.amount),
        "delivery_method": method.pk,
        **changes,
    }
