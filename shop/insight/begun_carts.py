"""Carts that began. Their number is one part of the conversion; the other is the orders that were paid.

Who puts the first thing in a cart writes its rows anyway, and writes one more here: a row of its own, so that no two
shoppers wait for each other. A periodic task adds them to the figures of their day.
"""

import uuid
from collections import Counter
from datetime import timedelta

from django.db import transaction
from django.utils import timezone

from events.operations.periodic import delete_in_batches
from shop.insight import counting
from shop.insight.facts import Key
from shop.insight.models import BegunCart, DayFigure

BATCH = 1000
KEPT = timedelta(days=30)  # so long a cart that is emptied and filled again is one


def note(key: uuid.UUID, currency: str) -> None:
    """The cart whose next order has this key got its first thing. A repeat does nothing."""
    BegunCart.objects.bulk_create([BegunCart(key=key, currency=currency)], ignore_conflicts=True)


def count() -> int:
    """Add those that are not counted yet to the figures. Returns how many."""
    done = 0
    while True:
        with transaction.atomic():
            rows = list(BegunCart.objects.select_for_update().filter(counted=False).order_by("at")[:BATCH])
            if not rows:
                return done
            carts: Counter[Key] = Counter(
                (row.currency, DayFigure.Kind.CART.value, timezone.localdate(row.at).isoformat(), "") for row in rows
            )
            counting.add({key: (number, 0) for key, number in carts.items()})
            BegunCart.objects.filter(pk__in=[row.pk for row in rows]).update(counted=True)
        done += len(rows)


def forget() -> int:
    """Delete those that were counted long ago. Returns how many."""
    return delete_in_batches(BegunCart.objects.filter(counted=True, at__lt=timezone.now() - KEPT))
