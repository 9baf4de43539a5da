"""Who has which order open to pack it, so that two packers are not led to the same goods.

It is kept in the shared cache for a while, and stops nobody: whoever opens an order may pack it. Each packer has an
entry of their own, which nobody else writes. So an order is free when the last who has it open has gone on.
"""

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import NamedTuple

from django.contrib.auth import get_user_model
from django.core.cache import cache
from django.utils import timezone

SECONDS = 15 * 60
"""How long an order counts as open after its page was asked for."""
LEADING = 10
"""Seconds in which nobody else is led to an order: who looked before it was open may choose it until then."""


class Packer(NamedTuple):
    """A member of the staff, as events name them (`staff:7`), the order that is open there, and since when."""

    actor: str
    ref: str
    since: datetime


def take(ref: str, actor: str) -> Packer | None:
    """This packer has opened the order, and so has left the one before. Returns the first who has it open beside them.

    Who loads it again is told only of those who had it before: of two, one goes on.
    """
    own = next(_open_at([actor]), None)
    again = own is not None and own.ref == ref
    if own and not again:
        let_go(actor)
    since = own.since if own and again else timezone.now()
    cache.set(_key(actor), [ref, since.isoformat()], SECONDS)
    others = (other for other in _others(actor) if other.ref == ref and (not again or other.since <= since))
    return min(others, key=lambda other: other.since, default=None)


def let_go(actor: str) -> None:
    """This packer has no order open any more."""
    for own in _open_at([actor]):
        if cache.get(_leading(own.ref)) == actor:
            cache.delete(_leading(own.ref))
    cache.delete(_key(actor))


def lead(waiting: Iterable[str], actor: str) -> str:
    """Give this packer the first of the orders that nobody else has open; the first of all if each is open elsewhere.

    Of several who ask at the same moment each gets another order, as long as there are enough. "" if there is none.
    `waiting` is read after what is open: what somebody has shipped in between is not in it.
    """
    elsewhere = {other.ref for other in _others(actor)}
    refs = list(waiting)
    for ref in refs:
        if ref not in elsewhere and _is_first(ref, actor) and take(ref, actor) is None:
            return ref
    return refs[0] if refs else ""


def _is_first(ref: str, actor: str) -> bool:
    return cache.add(_leading(ref), actor, LEADING) or cache.get(_leading(ref)) == actor


def _others(actor: str) -> list[Packer]:
    staff = get_user_model().objects.filter(is_staff=True, is_active=True).values_list("pk", flat=True)
    return [packer for packer in _open_at(f"staff:{pk}" for pk in staff) if packer.actor != actor]


def _open_at(actors: Iterable[str]) -> Iterator[Packer]:
    keys = {_key(actor): actor for actor in actors}
    for key, (ref, since) in cache.get_many(list(keys)).items():
        yield Packer(keys[key], ref, datetime.fromisoformat(since))


def _key(actor: str) -> str:
    return f"packing.open.{actor}"


def _leading(ref: str) -> str:
    return f"packing.leading.{ref}"
