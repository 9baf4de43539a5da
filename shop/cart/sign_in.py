"""What becomes of a guest's cart when its shopper signs in."""

from typing import Any

from django.contrib.auth.signals import user_logged_in
from django.db import transaction
from django.http import HttpRequest

from shop.cart.carts import SESSION_KEY
from shop.cart.models import Cart
from shop.vouchers.offers import MOST_CODES


def merge(guest: Cart, member: Cart) -> None:
    """Move a guest's lines and codes into a member's cart. For the same variant the larger quantity stays."""
    with transaction.atomic():
        mine = {line.variant_id: line for line in member.lines.all()}
        for line in guest.lines.all():
            if other := mine.get(line.variant_id):
                other.quantity = max(other.quantity, line.quantity)
                other.save(update_fields=["quantity"])
            else:
                line.cart = member
                line.save(update_fields=["cart"])
        if fresh := [code for code in guest.codes if code not in member.codes]:
            member.codes = [*member.codes, *fresh][:MOST_CODES]
            member.save(update_fields=["codes", "updated"])
        guest.delete()


def merge_at_sign_in() -> None:
    """Connect to Django's sign-in signal."""

    def signed_in(request: HttpRequest | None, user: Any, **_: object) -> None:
        if request is None or not hasattr(request, "session"):
            return
        key = request.session.pop(SESSION_KEY, None)
        member = Cart.objects.filter(user=user).first()
        if key and (guest := Cart.objects.filter(pk=key, user=None).first()):
            member = member or Cart.objects.create(user=user)
            merge(guest, member)

    user_logged_in.connect(signed_in, dispatch_uid="cart.merge", weak=False)
