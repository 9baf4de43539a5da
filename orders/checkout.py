"""Placing an order: store it, reserve its stock, in one transaction. Whatever follows, follows from its event."""

import uuid
from dataclasses import dataclass

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from djmoney.money import Money

from orders.lifecycle import Actor, Status
from orders.models import DeliveryMethod, Order, OrderLine, promised
from orders.reasons import Reason
from shop.cart import cart_review, carts
from shop.cart.models import Cart, CartLine
from shop.catalog import stock

EMPTY = _("Your cart is empty.")
CHANGED = _("The total has changed since you saw it. Please look once more.")
GONE = _("Somebody else was faster, and something in your cart has just sold out.")


@dataclass(frozen=True)
class Details:
    """Contact, address and delivery, as the checkout form validated them."""

    email: str
    name: str
    address: str
    city: str
    region: str
    postal_code: str
    country: str
    delivery_method: DeliveryMethod
    language: str


class CannotPlace(Exception):
    """The cart cannot be bought as it is. `reasons` are sentences for the shopper."""

    def __init__(self, reasons: list[str]) -> None:
        super().__init__(" ".join(reasons))
        self.reasons = reasons


def place_order(
    cart_id: int, key: uuid.UUID, details: Details, *, user_id: int | None, expected: Money | None
) -> Order:
    """Turn the cart into an order, once for each `key` however often and from wherever it is called.

    The key names the purchase: the page carries it, the cart gets a new one with the order. `expected` is the total
    that the shopper was shown; if it is another by now, nothing is placed. Raises `CannotPlace`.
    """
    with transaction.atomic():
        # The cart's row is the lock between two clicks; the second then finds the order of the first.
        cart = carts.locked(cart_id)
        # A cart that still has this key has not been bought: the key is changed with the order, below.
        bought = cart is None or cart.checkout_key != key
        placed: Order | None = Order.objects.filter(checkout_key=key).first() if bought else None
        if placed:
            if cart is None or placed.cart_id != cart.pk:
                raise CannotPlace([str(EMPTY)])  # a key says which purchase, not whose: that the cart says
            return placed
        if cart is None or bought:
            raise CannotPlace([str(EMPTY)])
        reviewed = cart_review.review(cart)
        if not reviewed.lines:
            raise CannotPlace([str(EMPTY)])
        if reviewed.blocked:
            raise CannotPlace(reviewed.changes)
        method = details.delivery_method
        total = reviewed.total + method.price
        if expected is not None and expected != total:
            raise CannotPlace(reviewed.changes or [str(CHANGED)])
        first, last = promised(method, timezone.localdate())
        order = Order(
            user_id=user_id,
            checkout_key=key,
            cart_id=cart.pk,
            email=details.email,
            name=details.name,
            address=details.address,
            city=details.city,
            region=details.region,
            postal_code=details.postal_code,
            country=details.country,
            language=details.language,
            delivery_method=method,
            delivery_title=method.title,
            promised_from=first,
            promised_by=last,
            subtotal=reviewed.total,
            delivery_price=method.price,
            total=total,
        )
        wanted = {r.line.variant_id: r.line.quantity for r in reviewed.lines}
        try:
            stock.reserve(wanted, order.ref)
        except stock.OutOfStock:
            # Somebody was faster since we looked; look again, for the words.
            raise CannotPlace(cart_review.review(cart).changes or [str(GONE)]) from None
        order.begin("shopper")
        order.save()
        if not total:  # no gateway takes a payment of nothing
            order.move(Status.PAID, Actor.SYSTEM, "system", Reason.FREE)
            order.save(update_fields=["status", "timeline"])
        OrderLine.objects.bulk_create(
            OrderLine(
                order=order,
                variant=r.line.variant,
                sku=r.line.variant.sku,
                title=str(r.line.variant),
                quantity=r.line.quantity,
                unit_price=r.line.variant.price,
            )
            for r in reviewed.lines
        )
        CartLine.objects.filter(cart=cart).delete()
        Cart.objects.filter(pk=cart.pk).update(checkout_key=uuid.uuid4())
        return order
