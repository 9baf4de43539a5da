"""Checkouts at the same moment: one order for one purchase, and the last things are sold once.

With their negative controls.
"""

import threading
from functools import partial

import pytest
from django.db import IntegrityError, connection
from django.db.models import QuerySet

from events.models import Event
from orders.checkout import CannotPlace, Details, place_order
from orders.models import Order
from shop.cart.models import Cart, CartLine
from shop.catalog import stock
from shop.catalog.models import Stock
from tests.support.factories import ADDRESS, DeliveryMethodFactory, VariantFactory
from tests.support.together import at_once

pytestmark = pytest.mark.slow


def details(method):
    return Details(**ADDRESS, region="", delivery_method=method, language="en")


def cart_with(variant, quantity=1):
    cart = Cart.objects.create()
    CartLine.objects.create(cart=cart, variant=variant, quantity=quantity, price_seen=variant.price)
    return cart


@pytest.mark.django_db(transaction=True)
def test_a_double_click_places_one_order():
    variant, method = VariantFactory(stocked=5), DeliveryMethodFactory()
    cart = cart_with(variant)

    def click():
        return place_order(cart.pk, cart.checkout_key, details(method), user_id=None, expected=None).ref

    placed = at_once(*[click] * 6)
    assert len(placed) == 6
    assert len(set(placed)) == 1
    assert Order.objects.count() == 1
    assert Stock.objects.get(variant=variant).reserved == 1


def buy_at_once(buyers, variant, method):
    carts = [cart_with(variant) for _ in range(buyers)]
    placed, refused, other = [], [], []

    def buy(cart):
        try:
            placed.append(place_order(cart.pk, cart.checkout_key, details(method), user_id=None, expected=None))
        except CannotPlace as refusal:
            refused.append(refusal.reasons)
        except Exception as problem:  # only ever seen with the guard off
            other.append(problem)

    at_once(*(partial(buy, cart) for cart in carts))
    return placed, refused, other


@pytest.mark.django_db(transaction=True)
def test_twenty_buyers_of_the_last_five_get_five_orders_and_fifteen_clear_refusals():
    variant, method = VariantFactory(stocked=5), DeliveryMethodFactory()
    placed, refused, other = buy_at_once(20, variant, method)
    assert (len(placed), len(refused), other) == (5, 15, [])
    assert all("sold out" in " ".join(reasons) for reasons in refused)
    row = Stock.objects.get(variant=variant)
    assert (row.on_hand, row.reserved) == (5, 5)
    assert list(Event.objects.filter(stream=row.stream).order_by("seq").values_list("seq", flat=True)) == [
        1,
        2,
        3,
        4,
        5,
        6,
    ]


def plain_arithmetic(row, *, on_hand=0, reserved=0, reason, ref=""):
    """The numbers of `stock._move`, written without its compare-and-swap."""
    QuerySet(Stock).filter(pk=row.pk).update(on_hand=row.on_hand + on_hand, reserved=row.reserved + reserved)


@pytest.mark.django_db(transaction=True)
def test_the_lock_alone_keeps_the_last_five_from_being_sold_twice(monkeypatch):
    variant, method = VariantFactory(stocked=5), DeliveryMethodFactory()
    monkeypatch.setattr(stock, "_move", plain_arithmetic)
    placed, refused, other = buy_at_once(20, variant, method)
    assert (len(placed), len(refused), other) == (5, 15, [])
    assert Stock.objects.get(variant=variant).reserved == 5


@pytest.mark.django_db(transaction=True)
def test_without_the_lock_the_last_five_are_sold_more_than_five_times(monkeypatch):
    """The negative control: only the row lock is missing.

    (On SQLite a transaction that writes is a lock of its own.)
    """
    variant, method = VariantFactory(stocked=5), DeliveryMethodFactory()
    barrier = threading.Barrier(20)

    def unlocked(variant_ids):
        rows = {s.variant_id: s for s in Stock.objects.filter(variant_id__in=set(variant_ids))}
        if connection.vendor == "postgresql":
            barrier.wait(20)  # all have read before the first writes
        return rows

    monkeypatch.setattr(stock, "lock", unlocked)
    monkeypatch.setattr(stock, "_move", plain_arithmetic)
    placed, refused, other = buy_at_once(20, variant, method)
    assert other == []
    if connection.vendor == "postgresql":
        assert len(placed) == 20
        assert Stock.objects.get(variant=variant).reserved == 1, "nineteen of them are forgotten"
    else:
        assert (len(placed), len(refused)) == (5, 15)


@pytest.mark.django_db(transaction=True)
def test_without_the_carts_lock_a_double_click_is_an_error(monkeypatch):
    """The negative control of the six clicks: the database refuses the second order of a key."""
    variant, method = VariantFactory(stocked=10), DeliveryMethodFactory()
    cart = cart_with(variant)
    key, barrier = cart.checkout_key, threading.Barrier(6)

    def unlocked(cart_id):
        found = Cart.objects.get(pk=cart_id)
        if connection.vendor == "postgresql":
            barrier.wait(20)
        return found

    monkeypatch.setattr("shop.cart.carts.locked", unlocked)

    def click():
        try:
            return place_order(cart.pk, key, details(method), user_id=None, expected=None).ref
        except IntegrityError as refusal:
            return type(refusal)

    placed = at_once(*[click] * 6)
    assert placed.count(IntegrityError) == (5 if connection.vendor == "postgresql" else 0)
    assert Order.objects.count() == 1
