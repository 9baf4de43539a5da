"""Who has which order open to pack it, so that two packers are not led to the same goods.

It is kept in the shared cache for a while, and stops nobody: whoever opens an order may pack it. An order is kept with
the first who opened it, and free when they go on, also if somebody opened it after them.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from django.core.cache import cache
from django.utils import timezone

SECONDS = 15 * 60
"""How long an order counts as open after its page was asked for."""


class Packer(NamedTuple):
    """A member of the staff, as events name them (`staff:7`), and since when the order is open there."""

    actor: str
    since: datetime


def take(ref: str, actor: str) -> Packer | None:
    """This packer has opened the order, and so has left the one before. Returns who else had it open already."""
    if cache.get(_hand(actor)) != ref:
        let_go(actor)
    cache.set(_hand(actor), ref, SECONDS)
    now = timezone.now()
    if cache.add(_box(ref), [actor, now.isoformat()], SECONDS):
        return None
    there = cache.get(_box(ref))
    if there is None or there[0] == actor:
        cache.set(_box(ref), [actor, now.isoformat()], SECONDS)
        return None
    return Packer(there[0], datetime.fromisoformat(there[1]))


def let_go(actor: str) -> None:
    """This packer has no order open any more."""
    ref = cache.get(_hand(actor))
    cache.delete(_hand(actor))
    if ref and (there := cache.get(_box(ref))) and there[0] == actor:
        cache.delete(_box(ref))


def free(refs: Sequence[str], actor: str) -> list[str]:
    """Those of the orders that nobody else has open."""
    there = cache.get_many([_box(ref) for ref in refs])
    return [ref for ref in refs if there.get(_box(ref), [actor])[0] == actor]


def _hand(actor: str) -> str:
    return f"packing.by.{actor}"


def _box(ref: str) -> str:
    return f"packing.order.{ref}"
