"""A second order, for what a first one of the same customer cannot take in any more. Each has a note of the other."""

import uuid
from dataclasses import dataclass

from django.utils.translation import gettext as _

from orders import notes
from orders.locking import locked
from orders.models import Order


@dataclass(frozen=True)
class First:
    """The order that a second one belongs to, and its version as the clerk has seen it."""

    ref: str
    version: int | None


class FirstChanged(Exception):
    """The first order is not as it was seen, so that the second may not be wanted any more."""


def hold_unchanged(first: First) -> Order:
    """The first order, locked. Raises `FirstChanged`, `Order.DoesNotExist`.

    Called before the stock of the second one is reserved, as the order's lock comes before that of stock.
    """
    order = locked(first.ref)
    if order.version != first.version:
        raise FirstChanged(first.ref)
    return order


def note_on_both(first: str, second: str, key: uuid.UUID, actor: str) -> None:
    """Write on each order which other one belongs to it, once for the checkout with this key."""
    said = {
        first: _("Second order, for what could not come into this one: %(ref)s") % {"ref": second},
        second: _("Belongs to %(ref)s, which could not take this in.") % {"ref": first},
    }
    for ref, text in said.items():
        notes.keep(ref, text, str(uuid.uuid5(key, ref)), actor)
