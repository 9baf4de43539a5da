"""Some of an order's lines, as `{line's primary key: quantity}`: what can be chosen, and of which variants it is."""

from collections.abc import Iterable, Mapping
from typing import Any

from django.db.models import QuerySet

from orders.lifecycle import IllegalTransition
from orders.models import OrderLine


def check(lines: Iterable[OrderLine], wanted: Mapping[int, int], there: Mapping[int, int], refusal: str) -> None:
    """No more of a line may be wanted than is there, and no line of another order.

    Raises `IllegalTransition` with `refusal`, filled with `there` (also as `left`), `title` and `n`.
    """
    for pk, quantity in wanted.items():
        most = there.get(pk, 0)
        if not 0 < quantity <= most:
            title = next((line.title for line in lines if line.pk == pk), "?")
            raise IllegalTransition(refusal % {"there": most, "left": most, "title": title, "n": quantity})


def by_variant(rows: QuerySet[Any]) -> dict[int, int]:
    """How many of each variant (by primary key) these rows with a `line` and a `quantity` are.

    What was of a variant that is deleted is left out. One query.
    """
    found: dict[int, int] = {}
    for variant, quantity in rows.filter(line__variant__isnull=False).values_list("line__variant", "quantity"):
        found[variant] = found.get(variant, 0) + quantity
    return found
