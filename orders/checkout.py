"""Placing an order: store it, reserve its stock, in one transaction. Whatever follows, follows from its event."""

import uuid
from dataclasses import dataclass

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from djmoney.money import Money

from orders import parts
from orders.lifecycle import Actor, Status
from orders.models import DeliveryMethod, Order, OrderLine
from orders.reasons import Reason
from orders.shipping import estimate
from shop.cart import cart_review, carts
from shop.cart.models import Cart, CartLine
from shop.catalog import stock
from shop.markets import places
from shop.markets.vat_numbers import reverses_charge
from shop.pricing.quote import Quote
from shop.vouchers import claims
from shop.vouchers.offers import reason

EMPTY = _("Your cart is empty.")
CHANGED = _("The total has changed since you saw it. Please look once more.")
USED_UP = _("Somebody else was faster, and a code in your cart has just been used up.")
NOT_THERE = _("We do not sell to that country.")
GONE = _("Somebody else was faster, and something in your cart has just sold out.")


@dataclass(frozen=True)
class Details:
    """Contact, address and delivery, as the checkout form validated them. `vat_number` is that of a business."""

    email: str
    name: str
    address: str
    city: str
    region: str
    postal_code: str
    country: str
    delivery_method: DeliveryMethod
    language: str
    company: str = ""
    vat_number: str = ""
    gateway: str = ""
    """The name of the gateway that the shopper chose; "" for the first that the market offers."""
    agreed_to: tuple[tuple[str, int], ...] = ()
    """Kind and version of the shop's pages that stood beside the button."""
    is_gift: bool = False
    gift_note: str = ""

    @property
    def business(self) -> bool:
        """Whether the buyer owes the tax itself."""
        return reverses_charge(self.vat_number, self.country, settings.DEFAULT_COUNTRY)


class CannotPlace(Exception):
    """The cart cannot be bought as it is. `reasons` are sentences for the shopper.

    `changed`: it can be bought, for another total than the shopper was shown.
    """

    def __init__(self, reasons: list[str], changed: bool = False) -> None:
        super().__init__(" ".join(reasons))
        self.reasons = reasons
        self.changed = changed


def place_order(
    cart_id: int,
    key: uuid.UUID,
    details: Details,
    *,
    user_id: int | None,
    expected: Money | None,
    actor: str = "shopper",
) -> Order:
    """Turn the cart into an order, once for each `key` however often and from wherever it is called.

    The key names the purchase: the page carries it, the cart gets a new one with the order. `expected` is the total
    that the shopper was shown; if it is another by now, nothing is placed. `actor` is who places it. Raises
    `CannotPlace`.
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
        place = places.place(details.country)
        if place is None:
            raise CannotPlace([str(NOT_THERE)])
        reviewed = cart_review.review(cart, place, details.email)
        if not reviewed.lines:
            raise CannotPlace([str(EMPTY)])
        if reviewed.blocked:
            raise CannotPlace(reviewed.changes)
        method = details.delivery_method
        if method.price.currency.code != place.currency:  # the market was changed while the shopper typed
            raise CannotPlace([str(CHANGED)])
        quote = reviewed.calculation.quote(method.price, details.region, details.business)
        if expected is not None and expected != quote.money(quote.total):
            refusals = [reason(each, quote.currency) for each in quote.refused]
            raise CannotPlace(reviewed.changes or refusals or [str(CHANGED)], changed=True)
        order = _new_order(cart.pk, key, user_id, details, reviewed, quote)
        try:
            counted = [each.promotion.id for each in quote.applied if each.promotion.counted]
            claims.claim(counted, order.ref, details.email)
            stock.reserve({r.line.variant_id: r.line.quantity for r in reviewed.lines}, order.ref)
        except claims.UsedUp:
            raise CannotPlace([str(USED_UP)], changed=True) from None
        except stock.OutOfStock:
            # Somebody was faster since we looked; look again, for the words.
            raise CannotPlace(cart_review.review(cart, place).changes or [str(GONE)]) from None
        order.begin(actor)
        order.save()
        if not quote.total:  # no gateway takes a payment of nothing
            order.move(Status.PAID, Actor.SYSTEM, "system", Reason.FREE)
            order.save(update_fields=["status", "timeline"])
        _store_parts(order, reviewed, quote)
        CartLine.objects.filter(cart=cart).delete()
        Cart.objects.filter(pk=cart.pk).update(checkout_key=uuid.uuid4(), codes=[])
        return order


def _new_order(
    cart: int, key: uuid.UUID, user_id: int | None, details: Details, reviewed: cart_review.Review, quote: Quote
) -> Order:
    method = details.delivery_method
    days = estimate.promised(method, timezone.localdate(), details.country, details.region)
    return Order(
        user_id=user_id,
        checkout_key=key,
        cart_id=cart,
        email=details.email,
        name=details.name,
        address=details.address,
        city=details.city,
        region=details.region,
        postal_code=details.postal_code,
        country=details.country,
        company=details.company,
        vat_number=details.vat_number,
        language=details.language,
        delivery_method=method,
        delivery_title=method.title,
        promised_from=days.first,
        promised_by=days.last,
        promise_measured=days.measured,
        market=reviewed.place.market.code,
        prices_include_tax=quote.terms.prices_include_tax,
        delivery_price=method.price,
        captured=quote.money(0),
        refunded=quote.money(0),
        gateway=details.gateway,
        is_gift=details.is_gift or bool(details.gift_note),
        gift_note=details.gift_note,
        agreed_to=[list(each) for each in details.agreed_to],
        **parts.amounts(quote),
    )


def _store_parts(order: Order, reviewed: cart_review.Review, quote: Quote) -> None:
    """The lines with what was taken off each, and the taxes, as the quote has them."""
    by_sku = {r.line.variant.sku: r.line for r in reviewed.lines}
    lines = []
    for quoted in quote.lines:
        variant = by_sku[quoted.item.key].variant
        lines.append(
            OrderLine(
                order=order,
                variant=variant,
                sku=variant.sku,
                title=str(variant),
                unit_price=variant.price,
                **parts.of_line(quote, quoted),
            )
        )
    OrderLine.objects.bulk_create(lines)
    parts.store_cuts_and_taxes(order, lines, quote)
