"""How staff find orders in the list and by Ctrl K: by what names one, or by parts of words.

What names an order is looked up by an index: its reference, a whole mail address, a tracking number or a session of the
gateway, with a digit in it. Other text is looked for in each table by itself: with all tables joined that took four
times as long. It has no index, which would be one of trigrams in each of the tables, kept with every order.
"""

from collections.abc import Iterator
from functools import reduce
from operator import or_
from typing import Any

from django.db.models import Q, QuerySet
from django.utils.text import smart_split, unescape_string_literal

from orders import customers, refs
from orders.models import Order, OrderLine, Parcel, Payment

FIELDS = ("ref", "email", "name")
"""Of the order itself."""
ELSEWHERE: tuple[tuple[Any, tuple[str, ...]], ...] = (
    (OrderLine, ("sku", "title")),
    (Parcel, ("tracking",)),
    (Payment, ("session",)),
)


def matching(orders: QuerySet[Order], typed: str) -> QuerySet[Order]:
    """Those of the orders that the text names; if it names none, those in which each of its words is found."""
    for condition in _names(typed.strip()):
        # Of all orders: a list with filters must not show what resembles the one that it leaves out.
        if Order.objects.filter(condition).exists():
            return orders.filter(condition)
    for word in smart_split(typed):
        quoted = word.startswith(('"', "'")) and word[0] == word[-1]
        orders = orders.filter(_contains(unescape_string_literal(word) if quoted else word))
    return orders


def _names(term: str) -> Iterator[Q]:
    if not term:
        return
    yield Q(ref=refs.normalize(term))
    if "@" in term:
        yield Q(pk__in=customers.Customer(term.lower()).orders.order_by().values("pk"))
    if any(sign.isdigit() for sign in term):  # a word alone names nothing, whatever somebody typed as a number
        number = "".join(term.split())
        yield _with(Parcel, Q(tracking__in={number, number.upper()}))
        yield _with(Payment, Q(session=term))


def _contains(word: str) -> Q:
    found = _any(FIELDS, word)
    for model, fields in ELSEWHERE:
        found |= _with(model, _any(fields, word))
    return found


def _any(fields: tuple[str, ...], word: str) -> Q:
    return reduce(or_, (Q(**{f"{field}__icontains": word}) for field in fields))


def _with(model: Any, condition: Q) -> Q:
    return Q(pk__in=model.objects.filter(condition).order_by().values("order"))
