"""The verbs of a counter."""

from django.db import transaction

from tests.support.probe.domain_events import Counted
from tests.support.probe.models import Counter


class RolledBack(Exception):
    """Asked for."""


def count(name, roll_back=False):
    """Count `name` up by one, under its lock; with `roll_back`, as if it had never been."""
    with transaction.atomic():
        Counter.objects.get_or_create(name=name)
        row = Counter.objects.select_for_update().get(name=name)
        row.value += 1
        row.record(Counted(value=row.value))
        row.save(update_fields=["value"])
        if roll_back:
            raise RolledBack
    return row
