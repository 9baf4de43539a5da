"""Orders that somebody placed as a guest, and adds to the account that has the same mail address."""

from allauth.account.models import EmailAddress
from django.db import transaction
from django.db.models import Q, QuerySet

from orders.domain_events import OrderAddedToAccount
from orders.locking import locked
from orders.models import Order
from shop.accounts.models import User


def of(person: User) -> QuerySet[Order]:
    """Guests' orders with a mail address that this person has confirmed: an address alone proves nothing."""
    confirmed = EmailAddress.objects.filter(user=person, verified=True).values_list("email", flat=True)
    same = Q(pk__in=[])
    for address in confirmed:
        same |= Q(email__iexact=address)
    return Order.objects.filter(same, user=None)


def add_to_account(person: User) -> int:
    """Make them this person's. Returns how many were added."""
    return sum(_add(ref, person) for ref in of(person).values_list("ref", flat=True))


def _add(ref: str, person: User) -> bool:
    with transaction.atomic():
        order = locked(ref)
        if order.user_id is not None or not of(person).filter(pk=order.pk).exists():  # changed meanwhile
            return False
        order.user = person
        order.record(OrderAddedToAccount(**order.facts("shopper")))
        order.save(update_fields=["user"])
        return True
