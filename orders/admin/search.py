"""How staff find orders in the list and by Ctrl K: by what names one, or by parts of words.

What names an order – its reference, a tracking number, the gateway's session, a whole mail address – is looked up by an
index. Other text is looked for in each table by itself, where PostgreSQL has an index of its parts (trigrams). One
query with all tables joined can use none of them: with 100,000 orders it took half a second, and takes 10 ms so. A
word that stands in every order takes a second.
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
        if (named := orders.filter(condition)).exists():
            return named
    for word in smart_split(typed):
        quoted = word.startswith(('"', "'")) and word[0] == word[-1]
        orders = orders.filter(_contains(unescape_string_literal(word) if quoted else word))
    return orders


def _names(term: str) -> Iterator[Q]:
    if not term:
        return
    yield Q(ref=refs.normalize(term))
    yield _with(Parcel, Q(tracking__in={term, term.upper()}))
    yield _with(Payment, Q(session=term))
    if "@" in term:
        yield Q(pk__in=customers.Customer(term.lower()).orders.order_by().values("pk"))


def _contains(word: str) -> Q:
    of_orders = Order.objects.filter(_any(FIELDS, word)).order_by().values("pk")
    others = (model.objects.filter(_any(fields, word)).order_by().values("order") for model, fields in ELSEWHERE)
    return Q(pk__in=of_orders.union(*others, all=True))


def _any(fields: tuple[str, ...], word: str) -> Q:
    return reduce(or_, (Q(**{f"{field}__icontains": word}) for field in fields))


def _with(model: Any, condition: Q) -> Q:
    return Q(pk__in=model.objects.filter(condition).order_by().values("order"))
