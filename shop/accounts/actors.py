"""Who did something, as events name them (`staff:7`, `shopper`, `gateway:stripe`), in words for staff."""

from collections.abc import Iterable
from typing import Any

from django.contrib.auth import get_user_model
from django.utils.translation import gettext as _

from shop.lib.typed_text import whole_number


def staff_key(actor: str) -> int | None:
    """The user id of an actor of the staff, such as 7 of staff:7; None for anybody else."""
    kind, _colon, key = actor.partition(":")
    return whole_number(key) if kind == "staff" else None


def names(actors: Iterable[str]) -> dict[str, str]:
    """How each actor is called, with one query. Somebody who is not of the staff any more keeps the number."""
    wanted = set(actors)
    found = {"shopper": _("the shopper"), "system": _("the shop"), "": ""}
    keys = {actor: key for actor in wanted if (key := staff_key(actor)) is not None}
    staff = get_user_model().objects.in_bulk(keys.values()) if keys else {}
    for actor in wanted - found.keys():
        kind, _colon, name = actor.partition(":")
        person: Any = staff.get(keys[actor]) if actor in keys else None
        found[actor] = person.get_full_name() or str(person) if person else name if kind != "staff" and name else actor
    return found
