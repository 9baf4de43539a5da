"""Read a large table row by row.

Not `QuerySet.iterator()`: its cursor lives in one session of PostgreSQL, and a pooler in transaction mode may give the
next statement to another one. With `DISABLE_SERVER_SIDE_CURSORS`, which such a pooler needs, it reads all rows at once.
"""

from collections.abc import Iterator
from typing import TypeVar

from django.db.models import Model, Q, QuerySet

M = TypeVar("M", bound=Model)


def in_pages(rows: QuerySet[M], *order: str, size: int = 500) -> Iterator[M]:
    """Every row in the order of these fields, which together are unique and have an index; `size` rows a query.

    Rows that are written or deleted meanwhile may be missing.
    """
    rows = rows.order_by(*order)
    page = list(rows[:size])
    while page:
        yield from page
        page = list(rows.filter(_after(page[-1], order))[:size]) if len(page) == size else []


def _after(last: Model, order: tuple[str, ...]) -> Q:
    """Behind `last`: the first field is greater, or it is the same and the second one is greater, and so on."""
    found, same = Q(), Q()
    for name in order:
        value = getattr(last, name)
        found |= same & Q(**{f"{name}__gt": value})
        same &= Q(**{name: value})
    first = order[0]
    return Q(**{f"{first}__gte": getattr(last, first)}) & found  # without it the index would be read from its beginning
