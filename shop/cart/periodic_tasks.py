"""Carts that nobody comes back to are deleted."""

from datetime import timedelta

from django.utils import timezone

from events.operations.periodic import delete_in_batches, periodic
from shop.cart.models import Cart

GUESTS = timedelta(days=30)  # a guest's session ends 14 days after its last change, and the way to the cart with it


@periodic("guests' carts", every=timedelta(hours=6))
def delete_guests_carts() -> int:
    """A member's cart stays as long as the account."""
    return delete_in_batches(Cart.objects.filter(user=None, updated__lt=timezone.now() - GUESTS))
