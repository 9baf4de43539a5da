"""Who did something, as events name them (`staff:7`, `shopper`, `gateway:stripe`), in words for staff."""

from collections.abc import Iterable
from typing import Any

from django.contrib.auth import get_user_model
from django.utils.translation import gettext as _


def names(actors: Iterable[str]) -> dict[str, str]:
    """How each actor is called, with one query. Somebody who is not of the staff any more keeps the number."""
    wanted = set(actors)
    found = {"shopper": _("the shopper"), "system": _("the shop"), "": ""}
    keys = {actor: actor.partition(":")[2] for actor in wanted if actor.startswith("staff:")}
    numbers = [int(key) for key in keys.values() if key.isascii() and key.isdigit()]
    staff = get_user_model().objects.in_bulk(numbers) if numbers else {}
    for actor in wanted - found.keys():
        kind, _colon, name = actor.partition(":")
        person: Any = staff.get(int(name)) if kind == "staff" and name.isascii() and name.isdigit() else None
        found[actor] = person.get_full_name() or str(person) if person else name if kind != "staff" and name else actor
    return found
