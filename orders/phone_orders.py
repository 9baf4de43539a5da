"""Orders that staff place for a customer on the phone, by the checkout that shoppers use.

What is being put together is a cart of nobody: its signed number stands in the page of the clerk.
"""

import uuid
from collections.abc import Mapping
from datetime import date
from enum import StrEnum

from django.core import signing
from django.db import transaction
from django.utils.translation import gettext as _
from djmoney.money import Money

from orders.checkout import Details, place_order
from orders.lifecycle import PAYABLE, Actor, Status
from orders.models import Order
from orders.payments import service as payments
from orders.second_orders import First, hold_unchanged, note_on_both
from orders.transitions import transition
from shop.cart import carts
from shop.cart.models import Cart
from shop.catalog import prices, search
from shop.catalog.models import Variant

_SALT = "phone-order"
HITS = 6
"""Products that a search finds."""
VARIANTS = 30
"""Variants of them that are shown."""


class Then(StrEnum):
    """What follows once the order is placed."""

    LINK = "link"
    """A link to pay is mailed."""
    PAID = "paid"
    """The money is there: cash, or a transfer."""
    LATER = "later"


def begin(clerk: int) -> str:
    """A new, empty cart for this clerk. Returns its signed number."""
    return sign(Cart.objects.create(), clerk)


def begin_with(goods: Mapping[int, int], currency: str, clerk: int) -> tuple[str, list[str]]:
    """A new cart with so many of each variant (by primary key). Returns its number, and what could not be had."""
    cart = Cart.objects.create()
    said: list[str] = []
    for key, quantity in goods.items():
        found = variant(key, currency)
        try:
            said.append(carts.put(cart.pk, found, quantity) if found else _("Something is no longer for sale."))
        except carts.BadQuantity as refusal:
            said.append(str(refusal))
    return sign(cart, clerk), [each for each in said if each]


def sign(cart: Cart, clerk: int) -> str:
    """The number of a cart, for the page of this clerk."""
    return signing.dumps([cart.pk, clerk], salt=_SALT)


def find(signed: str, clerk: int) -> Cart | None:
    """The cart of a page; None for a number that was not given to this clerk, and for a cart that is gone."""
    try:
        key, whose = signing.loads(signed, salt=_SALT)
    except (signing.BadSignature, ValueError, TypeError):
        return None
    return Cart.objects.filter(pk=key, user=None).first() if whose == clerk else None


def exactly(typed: str, currency: str) -> Variant | None:
    """The variant with this SKU, with its price and stock."""
    found = search.by_sku(typed)
    return variant(found.pk, currency) if found else None


def variant(key: int, currency: str) -> Variant | None:
    """A variant with its price and stock."""
    found = Variant.objects.filter(pk=key).select_related("product", "stock").first()
    prices.attach([found] if found else [], currency)
    return found


def variants(typed: str, currency: str) -> list[Variant]:
    """What can be sold of what the shop's own search finds, with prices and stock."""
    if not typed.strip():
        return []
    products = search.suggest(typed, HITS)
    found = Variant.objects.filter(product__in=products).select_related("product", "stock").order_by("product", "pk")
    rows = list(found[:VARIANTS])
    prices.attach(rows, currency)
    return [row for row in rows if row.price is not None]


def place(
    cart: Cart,
    key: uuid.UUID,
    details: Details,
    *,
    expected: Money | None,
    clerk: int,
    then: Then,
    reference: str = "",
    received_on: date | None = None,
    first: First | None = None,
) -> Order:
    """Place it and do what follows, once for each `key`: both or neither.

    `first` is the order that this one belongs to. Raises `CannotPlace`, `FirstChanged`, `IllegalTransition`.
    """
    actor = f"staff:{clerk}"
    with transaction.atomic():
        carts.locked(cart.pk)  # the second of two clicks waits here, and finds the order of the first
        before: Order | None = Order.objects.filter(checkout_key=key, cart_id=cart.pk).first()
        if before:
            return before
        other = hold_unchanged(first) if first else None
        member = other.user_id if other and other.email.lower() == details.email.lower() else None
        order = place_order(cart.pk, key, details, user_id=member, expected=expected, actor=actor)
        if other:
            note_on_both(other.ref, order.ref, key, actor)
        if order.status in PAYABLE and then == Then.LINK:
            payments.send_link(order.ref, actor)
        elif order.status in PAYABLE and then == Then.PAID:
            transition(
                order.ref,
                Status.PAID,
                by=Actor.STAFF,
                actor=actor,
                reference=reference,
                received_on=received_on,
            )
        return order
