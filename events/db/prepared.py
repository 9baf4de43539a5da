"""Query sets that are composed once, for the pages that everybody asks for.

Composing a join of four tables takes Django ten times as long as PostgreSQL takes to answer it. `@prepared` composes at the first call, keeps
the statement, and from then on sends it with other values; what comes back are the same models, made as Django makes them.
"""

from collections.abc import Callable, Sequence
from functools import partial
from inspect import signature
from typing import Any, Generic, ParamSpec, TypeVar
from uuid import UUID

from django.db import connection
from django.db.models import Model, QuerySet, UUIDField, Value
from django.db.models.query import get_related_populators  # type: ignore[attr-defined]
from django.db.transaction import TransactionManagementError

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

    The function is called once, with parameters in place of its arguments: it can compare columns with them, and nothing else. The arguments
    are numbers, texts, times or UUIDs, and never None (`NULL` equals nothing: write `user=None` in the query set). The query set is Django's
    own, `QuerySet(Model)`, on the default database: what managers add (columns in the reader's language, filters of their own) would be
    fixed at the first call. Whole models only; `values()`, `annotate()` and `prefetch_related()` raise `TypeError`.
    """

    def __init__(self, wanted: Callable[P, QuerySet[M]]) -> None:
        self.__doc__ = wanted.__doc__
        self._wanted = wanted
        self._signature = signature(wanted)
        self._statement: _Statement[M] | None = None

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> list[M]:
        """All of them, as models."""
        return self.models(self.rows(*args, **kwargs))

    def first(self, *args: P.args, **kwargs: P.kwargs) -> M | None:
        """The first of them, or None. Ordering and limiting is the query set's."""
        found = self.rows(*args, **kwargs)
        return self.models(found[:1])[0] if found else None

    def rows(self, *args: P.args, **kwargs: P.kwargs) -> list[Row]:
        """All of them, as the database gives them: the columns of the model, then of those selected with it."""
        return self._composed().fetch(self._signature.bind(*args, **kwargs).arguments)

    def models(self, rows: Sequence[Row]) -> list[M]:
        """The models of such rows."""
        return [self._composed().model(row) for row in rows]

    def _composed(self) -> "_Statement[M]":
        # Two threads that meet here compose it twice, and one of the two stays.
        if self._statement is None:
            wanted: Any = self._wanted
            self._statement = _Statement(wanted(*map(_Parameter, self._signature.parameters)))
        return self._statement


class _Statement(Generic[M]):
    def __init__(self, wanted: QuerySet[M]) -> None:
        asked: Any = wanted
        if asked._prefetch_related_lookups or asked.query.annotations or asked._fields is not None or asked._db:
            raise TypeError("whole models of the default database, and nothing besides")
        compiler: Any = wanted.query.get_compiler(connection.alias)
        self.sql, self.parameters = compiler.as_sql()
        self.locks: bool = wanted.query.select_for_update
        # From here on as `django.db.models.query.ModelIterable` has it.
        self.columns: slice = slice(
            compiler.klass_info["select_fields"][0], compiler.klass_info["select_fields"][-1] + 1
        )
        self.names = [column[0].target.attname for column in compiler.select[self.columns]]
        self.make: Callable[..., M] = partial(wanted.model.from_db, connection.alias, self.names)
        self.related = get_related_populators(compiler.klass_info, compiler.select, connection.alias)
        self.converters = compiler.get_converters([column[0] for column in compiler.select]).items()

    def fetch(self, values: dict[str, Any]) -> list[Row]:
        if self.locks and connection.get_autocommit():
            raise TransactionManagementError("a row is locked inside a transaction: open one")
        bound = [_bound(values[p.value]) if isinstance(p, _Parameter) else p for p in self.parameters]
        with connection.cursor() as cursor:
            cursor.execute(self.sql, bound)
            found: list[Row] = cursor.fetchall()
        return found

    def model(self, row: Row) -> M:
        # What a column's field makes of it: JSON everywhere; on SQLite times, decimals and UUIDs, too.
        if self.converters:
            converted = list(row)
            for position, (converters, expression) in self.converters:
                for convert in converters:
                    converted[position] = convert(converted[position], expression, connection)
            row = converted
        made = self.make(row[self.columns])
        for related in self.related:
            related.populate(row, made)
        return made


_uuid: Any = UUIDField()


def _bound(value: Any) -> Any:
    """The value as this database takes it."""
    if value is None:
        raise TypeError("nothing equals NULL: ask for it in the query set")
    if isinstance(value, UUID):
        return _uuid.get_db_prep_value(value, connection)
    return connection.ops.adapt_datetimefield_value(value) if hasattr(value, "tzinfo") else value
