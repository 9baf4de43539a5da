"""What an order costs: today's prices, lines that add up, the delivery, and the total that was shown."""

import uuid

import pytest
from djmoney.money import Money

from orders.checkout import CannotPlace, Details, place_order
from orders.models import Order
from shop.cart.models import Cart, CartLine
from tests.support.factories import ADDRESS, VariantFactory, set_price

pytestmark = pytest.mark.django_db


def buy(cart, method, expected=None, key=None):
    details = Details(**ADDRESS, region="", delivery_method=method, language="en")
    return place_order(cart.pk, key or cart.checkout_key, details, user_id=None, expected=expected)


@pytest.fixture
def cart():
    made = Cart.objects.create()
    for price, quantity in (("3.50", 3), ("20.00", 1)):
        variant = VariantFactory(stocked=10, price=Money(price, "EUR"))
        CartLine.objects.create(cart=made, variant=variant, quantity=quantity, price_seen=variant.price)
    return made


def test_the_lines_and_the_delivery_add_up_to_the_total(cart, method):
    order = buy(cart, method)
    assert [(line.quantity, line.unit_price) for line in order.lines.all()] == [
        (3, Money("3.50", "EUR")),
        (1, Money("20.00", "EUR")),
    ]
    assert order.subtotal == sum((line.total for line in order.lines.all()), Money(0, "EUR")) == Money("30.50", "EUR")
    assert order.delivery_price == method.price
    assert order.total == order.subtotal + method.price


def test_an_order_is_made_at_todays_price_and_not_at_the_carts(cart, method):
    line = cart.lines.first()
    set_price(line.variant, Money("9.00", "EUR"))
    assert buy(cart, method).subtotal == Money("47.00", "EUR")


@pytest.mark.parametrize("cents", [-1, 1])
def test_a_total_that_is_a_cent_from_the_shown_one_places_nothing(cart, method, cents):
    shown = Money("30.50", "EUR") + method.price
    with pytest.raises(CannotPlace):
        buy(cart, method, expected=shown + Money(cents, "EUR") / 100)
    assert not Order.objects.exists()
    assert buy(cart, method, expected=shown).total == shown


def test_a_key_that_bought_already_shows_the_order_to_its_own_cart_alone(cart, method):
    key = cart.checkout_key
    order = buy(cart, method)
    assert buy(cart, method, key=key) == order
    other = Cart.objects.create()
    with pytest.raises(CannotPlace):
        buy(other, method, key=key)


def test_after_the_order_the_cart_is_empty_and_its_next_purchase_is_another(cart, method):
    first = buy(cart, method)
    cart.refresh_from_db()
    assert not cart.lines.exists()
    assert cart.checkout_key != first.checkout_key
    variant = VariantFactory(stocked=1)
    CartLine.objects.create(cart=cart, variant=variant, quantity=1, price_seen=variant.price)
    assert buy(cart, method) != first
    assert Order.objects.count() == 2


def test_a_key_that_nobody_had_buys_nothing(cart, method):
    with pytest.raises(CannotPlace):
        buy(cart, method, key=uuid.uuid4())
