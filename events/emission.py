"""Models that emit events: `record()` an event, then `save()` writes the change and the event in one transaction."""

from collections.abc import Iterable
from copy import deepcopy
from typing import Any, ClassVar, Self

from django.db import models, router, transaction
from django.utils.translation import gettext_lazy as _

from events.delivery import outbox
from events.log.stream_names import StreamName
from events.log.types import DomainEvent


class BypassedEvent(RuntimeError):
    """A write would change a guarded column without an event."""


class ConcurrentChange(RuntimeError):
    """Another writer changed the row since it was read.

    Nothing was written: read it again under its lock, and decide.
    """


class GuardedQuerySet(models.QuerySet[Any]):
    """Refuses bulk writes of guarded columns: only `save()` emits the event."""

    def _refuse(self, columns: Any) -> None:
        guarded = self.model.guarded | {"version"}
        if touched := guarded & {str(c) for c in columns}:
            raise BypassedEvent(
                f"{self.model.__name__}.{', '.join(sorted(touched))} changes only by its verbs, which emit the event"
            )

    def update(self, **values: Any) -> int:
        """As Django's. Raises `BypassedEvent` for guarded columns."""
        self._refuse(values)
        return super().update(**values)

    def bulk_update(self, objs: Any, fields: Any, *args: Any, **kwargs: Any) -> int:
        """As Django's. Raises `BypassedEvent` for guarded columns."""
        fields = list(fields)
        self._refuse(fields)
        return super().bulk_update(objs, fields, *args, **kwargs)

    def bulk_create(self, objs: Any, *args: Any, **kwargs: Any) -> Any:
        """As Django's.

        Raises `BypassedEvent` for an upsert of guarded columns, and for rows that start above version 0.
        """
        self._refuse(kwargs.get("update_fields") or ())
        objs = list(objs)
        if any(obj.version or obj._recorded for obj in objs):
            raise BypassedEvent(f"{self.model.__name__} rows with events are saved one by one")
        return super().bulk_create(objs, *args, **kwargs)


class EmitsEvents(models.Model):
    """A model whose changes are events. The row lock orders the events; `version` counts them and is their `sequence`.

    A subclass lists in `guarded` the columns that must not change without an event, and defines `stream`.
    """

    guarded: ClassVar[frozenset[str]] = frozenset()

    version = models.PositiveBigIntegerField(_("version"), default=0, editable=False)

    class Meta:
        abstract = True
        base_manager_name = "objects"

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._recorded: list[DomainEvent] = []
        self._stored: dict[str, Any] = {}

    @property
    def stream(self) -> str:
        """The name of this row's stream: a prefix, a colon and a key."""
        raise NotImplementedError

    @property
    def subject(self) -> str:
        """The CloudEvents `subject`: the key of the stream."""
        return StreamName.parse(self.stream).key

    @classmethod
    def from_db(cls, db: Any, field_names: Any, values: Any) -> Self:
        """Keep the values of the guarded columns as they were read."""
        instance = super().from_db(db, field_names, values)
        instance._remember()
        return instance

    def refresh_from_db(self, using: Any = None, fields: Any = None, from_queryset: Any = None) -> None:
        """As Django's. Without `fields`, recorded events that are not saved are dropped with the old values.

        Django calls it with `fields` to load a deferred one; nothing else may be forgotten then.
        """
        super().refresh_from_db(using=using, fields=fields, from_queryset=from_queryset)
        if fields is None:
            self._recorded.clear()
            self._remember()
        else:
            self._stored.update(self._values(fields))

    @property
    def next_sequence(self) -> int:
        """The `sequence` that the next recorded event will have."""
        return self.version + len(self._recorded) + 1

    def record(self, *events: DomainEvent) -> None:
        """Emit these events with the next `save()`."""
        self._recorded.extend(events)

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Write the row, its new version, its events and their deliveries, in one transaction.

        Raises `BypassedEvent` when a guarded column changed with no event recorded, `OutsideTransaction` when
        there is an event and no transaction, `ConcurrentChange` when the row is not the one that was read.
        """
        if self._state.adding:
            kwargs["force_insert"] = True  # a made-up instance with a known key must not overwrite the row
        if not self._recorded:
            self._refuse_silent_change(kwargs.get("update_fields"))
            if not self._state.adding and not kwargs.get("update_fields"):
                # Never write a guarded column over a newer one just because it was read with the row.
                kwargs["update_fields"] = [
                    f.name
                    for f in self._meta.concrete_fields
                    if not f.primary_key and f.name not in self._guarded() and f.attname in self.__dict__
                ]
            super().save(*args, **kwargs)
            self._remember()
            return

        using = kwargs.get("using") or router.db_for_write(type(self), instance=self)
        outbox.require_transaction(using)
        before, events = self.version, tuple(self._recorded)
        self.version = before + len(events)
        try:
            if self._state.adding:
                super().save(*args, **kwargs)
            else:
                self._take_versions(before, using)
                kwargs["update_fields"] = self._columns_to_write(kwargs.get("update_fields"))
                super().save(*args, **kwargs)
            outbox.write(
                [
                    outbox.Emitted(self.stream, self.subject, before + offset, event)
                    for offset, event in enumerate(events, start=1)
                ],
                using=using,
            )
        except BaseException:
            self.version = before
            # The row may be written and the event not: whoever catches this must not commit one without the other.
            if transaction.get_connection(using).in_atomic_block:
                transaction.set_rollback(True, using=using)
            raise
        self._recorded.clear()
        self._remember()

    def _take_versions(self, before: int, using: str) -> None:
        """Compare and swap: a caller that took no lock cannot write over another writer's version.

        The update also locks the row, so that `save` finds it unchanged. Raises `ConcurrentChange`.
        """
        rows: models.QuerySet[Any] = models.QuerySet(type(self), using=using).filter(pk=self.pk, version=before)
        if not rows.update(version=self.version):
            raise ConcurrentChange(f"{self.stream} is no longer at version {before}")

    def _columns_to_write(self, update_fields: Iterable[str] | None) -> list[str]:
        """The loaded columns, or those that the caller named; without `version`, which is written already."""
        if update_fields is not None:
            return [name for name in update_fields if name != "version"]
        return [
            f.name
            for f in self._meta.concrete_fields
            if not f.primary_key and f.name != "version" and f.attname in self.__dict__
        ]

    @classmethod
    def _guarded(cls) -> frozenset[str]:
        return cls.guarded | {"version"}

    def _remember(self) -> None:
        self._stored = self._values(self._guarded())

    def _values(self, names: Iterable[str]) -> dict[str, Any]:
        # Copies: a JSON value that is changed in place must not change what was remembered of it.
        return {name: deepcopy(self.__dict__[name]) for name in self._guarded() & set(names) if name in self.__dict__}

    def _refuse_silent_change(self, update_fields: Any) -> None:
        if self._state.adding:
            if self.version:
                raise BypassedEvent(f"a new {type(self).__name__} starts at version 0")
            return
        # A deferred column that was assigned is in __dict__ and was never stored: changed, too.
        loaded = self._guarded() & self.__dict__.keys()
        changed = {name for name in loaded if name not in self._stored or self._stored[name] != self.__dict__[name]}
        changed |= self._guarded() & set(update_fields or ())  # even unchanged, it may be older than the row's
        if changed:
            raise BypassedEvent(
                f"{type(self).__name__}.{', '.join(sorted(changed))} changes only by its verbs, which emit the event"
            )


def atomic_or_fail() -> None:
    """Raise `OutsideTransaction` when no transaction is open. For verbs that change several rows."""
    outbox.require_transaction(transaction.get_connection().alias)
