"""Query sets that are composed once, for the pages that everybody asks for.

Composing a join of four tables takes Django ten times as long as PostgreSQL needs to answer it. `@prepared` composes
the statement at the first call and sends it with other values from then on. The results are the same models.
"""

from collections.abc import Callable, Sequence
from inspect import signature
from typing import Any, Generic, ParamSpec, TypeVar
from uuid import UUID

from django.db import connection
from django.db.models import Model, QuerySet, UUIDField, Value
from django.db.transaction import TransactionManagementError

from events.lib.private_apis import Composed, compose

P = ParamSpec("P")
M = TypeVar("M", bound=Model)
Row = Sequence[Any]


class _Parameter(Value):
    """Stands in the query set where a value will; Django puts it among the statement's parameters."""

    def as_sql(self, compiler: Any, connection: Any) -> Any:
        return "%s", [self]


class prepared(Generic[P, M]):
    """A function that says which rows are wanted becomes one that brings them.

    ::

        @prepared
        def lines_of(cart: int) -> QuerySet[CartLine]:
            return QuerySet(CartLine).filter(cart=cart).select_related("variant")

        lines_of(7)  # list[CartLine]
        lines_of.first(7)  # CartLine | None

    The function is called once, with parameters in place of its arguments: it can compare columns with them, and
    nothing else. The arguments are numbers, texts, times or UUIDs, and never None (`NULL` equals nothing: write
    `user=None` in the query set). The query set is Django's own, `QuerySet(Model)`, on the default database: what
    managers add (columns in the reader's language, filters of their own) would be fixed at the first call. Whole models
    only; `values()`, `annotate()` and `prefetch_related()` raise `TypeError`.
    """

    def __init__(self, wanted: Callable[P, QuerySet[M]]) -> None:
        self.__doc__ = wanted.__doc__
        self._wanted = wanted
        self._signature = signature(wanted)
        self._statement: Composed | None = None

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> list[M]:
        return self.models(self.rows(*args, **kwargs))

    def first(self, *args: P.args, **kwargs: P.kwargs) -> M | None:
        """The first of them, or None. Ordering and limiting is the query set's."""
        found = self.rows(*args, **kwargs)
        return self.models(found[:1])[0] if found else None

    def rows(self, *args: P.args, **kwargs: P.kwargs) -> list[Row]:
        """All of them, as the database gives them: the columns of the model, then of those selected with it."""
        statement, values = self._composed(), self._signature.bind(*args, **kwargs).arguments
        if statement.locks and connection.get_autocommit():
            raise TransactionManagementError("a row is locked inside a transaction: open one")
        bound = [_bound(values[p.value]) if isinstance(p, _Parameter) else p for p in statement.parameters]
        with connection.cursor() as cursor:
            cursor.execute(statement.sql, bound)
            found: list[Row] = cursor.fetchall()
        return found

    def models(self, rows: Sequence[Row]) -> list[M]:
        """The models of such rows."""
        return [self._composed().model(row) for row in rows]

    def _composed(self) -> Composed:
        # Two threads that come here at once both compose it, and one result stays.
        if self._statement is None:
            wanted: Any = self._wanted
            self._statement = compose(wanted(*map(_Parameter, self._signature.parameters)))
        return self._statement


_uuid: Any = UUIDField()


def _bound(value: Any) -> Any:
    """The value as this database takes it."""
    if value is None:
        raise TypeError("nothing equals NULL: ask for it in the query set")
    if isinstance(value, UUID):
        return _uuid.get_db_prep_value(value, connection)
    return connection.ops.adapt_datetimefield_value(value) if hasattr(value, "tzinfo") else value
