"""Bring the figures of the days up to date with the orders.

An order's figures are worked out anew from its rows, and the days get the difference to what it had added before. So
an event that comes twice, late or never again changes nothing, and a replay needs no empty tables.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from typing import Any

from django.db import connection, transaction
from django.db.models import Exists, OuterRef

from orders.models import Order
from shop.insight import facts
from shop.insight.facts import Key
from shop.insight.models import CountedOrder, DayFigure

BATCH = 200  # orders in a transaction
ROWS = 150  # in a statement: SQLite takes few parameters


def recount(refs: Iterable[str]) -> None:
    """Work out the figures of these orders anew, and give the days the difference.

    The orders' own rows of what was counted are locked first, and read are the orders after that. So of two at the same
    time the second sees what the first has added.
    """
    wanted = sorted(set(refs))
    with transaction.atomic():
        CountedOrder.objects.bulk_create([CountedOrder(ref=ref) for ref in wanted], ignore_conflicts=True)
        rows = list(CountedOrder.objects.select_for_update().filter(ref__in=wanted).order_by("ref"))
        orders = {order.ref: order for order in facts.read(wanted)}
        changes: defaultdict[Key, list[int]] = defaultdict(lambda: [0, 0])
        changed = []
        for row in rows:
            before = facts.restored(row.counted)
            now = facts.figures_of(orders[row.ref]) if row.ref in orders else {}
            if now == before:
                continue
            for sign, figures in ((1, now), (-1, before)):
                for key, (count, amount) in figures.items():
                    changes[key][0] += sign * count
                    changes[key][1] += sign * amount
            row.counted = facts.stored(now)
            changed.append(row)
        if changed:
            CountedOrder.objects.bulk_create(
                changed, update_conflicts=True, unique_fields=["ref"], update_fields=["counted"]
            )
            add({key: (count, amount) for key, (count, amount) in changes.items()})


def add(changes: Mapping[Key, tuple[int, int]]) -> None:
    """Add to the figures of the days. Rows are locked in one order, so that two at the same time never wait for each
    other. Needs a transaction."""
    rows = [(*key, *values) for key, values in sorted(changes.items()) if any(values)]
    for part in _parts(rows):
        with connection.cursor() as cursor:
            cursor.execute(_ADD + ", ".join(["(%s, %s, %s, %s, %s, %s)"] * len(part)) + _OR_ADD, _flat(part))


_TABLE = DayFigure._meta.db_table
_ADD = f'INSERT INTO {_TABLE} (currency, kind, day, "key", "count", amount) VALUES '  # noqa: S608 - a name of ours
_OR_ADD = (
    ' ON CONFLICT (kind, currency, day, "key") DO UPDATE SET '
    f'"count" = {_TABLE}."count" + excluded."count", amount = {_TABLE}.amount + excluded.amount'
)


def _parts(rows: Sequence[Any]) -> Iterator[Sequence[Any]]:
    for first in range(0, len(rows), ROWS):
        yield rows[first : first + ROWS]


def _flat(rows: Sequence[Any]) -> list[Any]:
    day = connection.ops.adapt_datefield_value
    return [
        value
        for currency, kind, iso, key, count, amount in rows
        for value in (currency, kind, day(date.fromisoformat(iso)), key, count, amount)
    ]


def count_missing(most: int) -> int:
    """Count orders that never were, such as those of before there were figures. Returns how many, `most` at most."""
    missing = Order.objects.filter(~Exists(CountedOrder.objects.filter(ref=OuterRef("ref")))).order_by("pk")
    done, last = 0, 0
    while done < most:
        rows = list(missing.filter(pk__gt=last).values_list("pk", "ref")[: min(BATCH, most - done)])
        if not rows:
            break
        recount(ref for _, ref in rows)
        last, done = rows[-1][0], done + len(rows)
    return done


def count_all() -> Iterator[int]:
    """Count every order anew, also what is counted of orders that are gone. Yields how many are done."""
    done, last = 0, 0
    while rows := list(Order.objects.filter(pk__gt=last).order_by("pk").values_list("pk", "ref")[:BATCH]):
        recount(ref for _, ref in rows)
        last, done = rows[-1][0], done + len(rows)
        yield done
    gone = CountedOrder.objects.filter(~Exists(Order.objects.filter(ref=OuterRef("ref")))).exclude(counted=[])
    while refs := list(gone.values_list("ref", flat=True)[:BATCH]):
        recount(refs)
