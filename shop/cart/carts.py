"""Find and fill carts."""

import uuid
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.db.models import QuerySet, Sum
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from events.db.prepared import prepared
from shop.cart.models import Cart, CartLine
from shop.catalog.models import Variant
from shop.vouchers.models import Promotion
from shop.vouchers.offers import MOST_CODES, usable

SESSION_KEY = "cart"
MOST = 99  # of one variant
UNTOUCHED = timedelta(days=1)  # after this long a change is noted, so that the cart is not deleted as a forgotten one

begun: list[Callable[[uuid.UUID, str], None]] = []
"""Functions that are told, in the same transaction, of a cart that gets its first thing: with the key of its next order
and the currency. The apps above this one add theirs."""


class BadQuantity(ValueError):
    """A quantity that cannot be bought. The message is for the shopper."""


def parse_quantity(raw: str, *, least: int = 1) -> int:
    """The quantity that a shopper typed. Raises `BadQuantity`."""
    raw = raw.strip()
    if not (raw.isascii() and raw.isdigit()):
        raise BadQuantity(_("The quantity must be a whole number."))
    if len(raw) > 9 or int(raw) > MOST:
        raise BadQuantity(_("You can buy at most %(most)s of one thing.") % {"most": MOST})
    if int(raw) < least:
        raise BadQuantity(_("The quantity must be at least %(least)s.") % {"least": least})
    return int(raw)


def find(request: HttpRequest) -> Cart | None:
    """The cart of this shopper, or None."""
    if request.user.is_authenticated:
        return Cart.objects.filter(user=request.user).first()
    if key := request.session.get(SESSION_KEY):
        return Cart.objects.filter(pk=key, user=None).first()
    return None


def id_of(request: HttpRequest) -> int:
    """The id of this shopper's cart, or 0.

    A guest's id comes from the session: `locked` finds out whether it exists.
    """
    if request.user.is_authenticated:
        return Cart.objects.filter(user=request.user).values_list("pk", flat=True).first() or 0
    return int(request.session.get(SESSION_KEY, 0))


@prepared
def _locked(pk: int) -> QuerySet[Cart]:
    return QuerySet(Cart).select_for_update().filter(pk=pk)


@prepared
def _locked_guests(pk: int) -> QuerySet[Cart]:
    return QuerySet(Cart).select_for_update().filter(pk=pk, user=None)


@prepared
def _locked_members(user: int) -> QuerySet[Cart]:
    return QuerySet(Cart).select_for_update().filter(user=user)


def locked(pk: int) -> Cart | None:
    """The cart with this id, its row locked for this transaction: of two simultaneous clicks the second waits here."""
    return _locked.first(pk) if pk else None


def count(request: HttpRequest) -> int:
    """The number of things in the cart, for the page header.

    A guest's is kept in the session, so pages need no query. A member may fill the same cart in several browsers.
    """
    if request.user.is_authenticated:
        lines = CartLine.objects.filter(cart__user=request.user)
        return int(lines.aggregate(things=Sum("quantity"))["things"] or 0)
    return int(request.session.get("cart_count", 0))


def set_count(request: HttpRequest, number: int) -> None:
    """Store the number that `count` returns for a guest. An unchanged session is not written."""
    if request.session.get("cart_count", 0) != number:
        request.session["cart_count"] = number


def remember_count(request: HttpRequest, cart: Cart) -> None:
    """Count the cart and store the number."""
    set_count(request, sum(cart.lines.values_list("quantity", flat=True)))


def add(request: HttpRequest, variant: Variant, quantity: int) -> str:
    """Add `quantity` of `variant`, whose price was read, to this shopper's cart. The cart is created if there is none.

    Returns a message for the shopper, or "" if everything was added. Raises `BadQuantity`; then nothing is written.
    """
    # Read before the transaction: reading may end the session, and a refusal must not roll that back.
    member: Any = request.user if request.user.is_authenticated else None
    known = request.session.get(SESSION_KEY)
    with transaction.atomic():
        cart, lines = _to_fill(member, known)
        line = next((line for line in lines if line.variant_id == variant.pk), None)
        told, put = _put(cart, variant, line, (line.quantity if line else 0) + quantity)
        if not lines:
            for tell in begun:
                tell(cart.checkout_key, variant.price.currency.code)
    # After the commit: the id of a cart that was rolled back may become the id of somebody else's cart.
    if not member and known != cart.pk:
        request.session[SESSION_KEY] = cart.pk
    set_count(request, sum(line.quantity for line in lines if line.variant_id != variant.pk) + put)
    return told


def _to_fill(member: Any, known: int | None) -> tuple[Cart, list[CartLine]]:
    """The locked cart of this member, or of the guest with this cart id, and its lines.

    A new cart of a guest needs no lock, because nobody else knows it.
    """
    if member:
        cart = _locked_members.first(member.pk)
        if cart is None:
            Cart.objects.get_or_create(user=member)
            cart = _locked_members.first(member.pk)
    else:
        cart = _locked_guests.first(known) if known else None
    if cart is None:
        return Cart.objects.create(user=member), []
    if timezone.now() - cart.updated > UNTOUCHED:
        cart.save(update_fields=["updated"])
    return cart, list(QuerySet(CartLine).filter(cart=cart))


def set_quantity(line: CartLine, quantity: int) -> str:
    """Set the quantity of a line; 0 removes it. Returns a message for the shopper, or ""."""
    with transaction.atomic():
        if locked(line.cart_id) is None or not CartLine.objects.filter(pk=line.pk).exists():
            return ""  # bought, removed or merged meanwhile: it must not come back
        if quantity == 0:
            line.delete()
            return ""
        return _put(line.cart, line.variant, line, quantity)[0]


def put(cart_id: int, variant: Variant, quantity: int) -> str:
    """Set how many of a variant, whose price was read, are in this cart; 0 removes it.

    Returns a message, or "". Raises `BadQuantity`; then nothing is written.
    """
    with transaction.atomic():
        cart = locked(cart_id)
        if cart is None:
            return ""
        line = CartLine.objects.filter(cart=cart, variant=variant).first()
        if quantity == 0:
            if line:
                line.delete()
            return ""
        return _put(cart, variant, line, quantity)[0]


def add_code(cart: Cart, typed: str) -> str:
    """Keep a voucher code with the cart, whether it applies now or later. Returns a message if it cannot be one."""
    code = next(iter(usable([typed])), "")
    if not code:
        return _("Please type the code of a voucher.") if not typed.strip() else _("This is not one of our codes.")
    if not Promotion.objects.filter(code=code, active=True).exists():
        return _("“%(code)s” is not one of our codes.") % {"code": code}
    with transaction.atomic():
        held = locked(cart.pk)
        if held is None or code in held.codes:
            return ""
        if len(held.codes) >= MOST_CODES:
            return _("A cart can have at most %(most)s codes.") % {"most": MOST_CODES}
        held.codes = [*held.codes, code]
        held.save(update_fields=["codes", "updated"])
    return ""


def remove_code(cart: Cart, code: str) -> None:
    """Take a voucher code out of the cart."""
    with transaction.atomic():
        held = locked(cart.pk)
        if held and code in held.codes:
            held.codes = [each for each in held.codes if each != code]
            held.save(update_fields=["codes", "updated"])


def _put(cart: Cart, variant: Variant, line: CartLine | None, quantity: int) -> tuple[str, int]:
    """Set the quantity, or as many as are available. Returns a message for the shopper, and the quantity."""
    if not variant.product.active:
        raise BadQuantity(_("%(title)s is no longer for sale.") % {"title": variant})
    if variant.price is None:
        raise BadQuantity(_("%(title)s is not sold to your country.") % {"title": variant})
    available = variant.available
    if available == 0:
        raise BadQuantity(_("%(title)s is sold out.") % {"title": variant})
    most = min(available, MOST)
    told = ""
    if quantity > most:
        told = (
            ngettext(
                "Only %(n)s of %(title)s is left; your cart has it.",
                "Only %(n)s of %(title)s are left; your cart has them.",
                most,
            )
            if most == available
            else ngettext("You can buy at most %(n)s of %(title)s.", "You can buy at most %(n)s of %(title)s.", most)
        ) % {"n": most, "title": variant}
        quantity = most
    if line:
        line.quantity = quantity
        line.price_seen = variant.price
        line.save()
    else:
        CartLine.objects.create(cart=cart, variant=variant, quantity=quantity, price_seen=variant.price)
    return told, quantity
