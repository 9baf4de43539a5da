"""Records what staff change: who, when, which object, and each value before and after.

A middleware says who acts while a request of the admin runs. Signals of the models note what is saved, so a change is
recorded in the transaction that makes it, whichever form, list or inline it comes from.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from django.apps import apps
from django.contrib.admin.models import CHANGE, LogEntry
from django.db import models
from django.db.models import signals
from django.http import HttpRequest, HttpResponse

from orders import parts
from shop.catalog.tree import category_moved
from shop.staff.models import TrailEntry

APPS = frozenset({"orders", "catalog", "markets", "vouchers", "reviews", "accounts", "account", "auth", "mfa", "staff"})
"""The apps whose rows staff change. What the backbone's admin does is told by its log entries."""
OWN = frozenset(
    {
        "accounts.outgoingmail",
        "catalog.formerslug",
        "orders.adjustment",
        "orders.ordertax",
        "orders.parcelphoto",
        "staff.trailentry",
        "staff.givenright",
    }
)
"""Models of these apps whose rows the shop writes itself. A mail may hold a link that lets somebody in; a photo is told
of by its order's events, and goes before the trail does. Discounts and taxes of an order are worked out anew all
together: see `_rewritten`."""
UNTOLD = frozenset({"password", "data", "secret", "secret_hash", "body"})
"""Fields of which the trail says only that they changed."""
LEFT_OUT = frozenset({"timeline", "version", "last_login", "photo_list"})
"""Fields that have a record of their own."""
LONGEST = 500

Action = TrailEntry.Action
_person: ContextVar[Any] = ContextVar("person", default=None)


@contextmanager
def acting(person: Any) -> Iterator[None]:
    """What is changed meanwhile, this person changes."""
    token = _person.set(person)
    try:
        yield
    finally:
        _person.reset(token)


class RecordStaff:
    """Middleware: a request of the admin that may change something is its user's doing."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.method in ("GET", "HEAD") or not request.path_info.startswith("/admin/"):
            return self.get_response(request)
        with acting(request.user if request.user.is_authenticated else None):
            return self.get_response(request)


def connect() -> None:
    """Listen to the models. Called once, when all apps are loaded.

    To no other: of a model that somebody listens to, Django reads every row that it deletes.
    """
    for model in apps.get_models():
        if model._meta.app_label in APPS and model._meta.label_lower not in OWN:
            for signal, receiver in (
                (signals.pre_save, _before),
                (signals.post_save, _saved),
                (signals.post_delete, _deleted),
            ):
                signal.connect(receiver, sender=model, dispatch_uid=receiver.__name__)
    signals.m2m_changed.connect(_related, dispatch_uid=_related.__name__)
    signals.post_save.connect(_logged, sender=LogEntry, dispatch_uid=_logged.__name__)
    category_moved.connect(_moved, dispatch_uid=_moved.__name__)
    parts.rewritten.connect(_rewritten, dispatch_uid=_rewritten.__name__)


def model_of(kind: str) -> Any:
    """The model of a kind, such as `orders.order`; None if the shop has it no more."""
    try:
        return apps.get_model(kind)
    except (LookupError, ValueError):
        return None


def record(action: TrailEntry.Action, instance: models.Model, changes: dict[str, Any]) -> None:
    """Note that the acting person did this. Does nothing when nobody of the staff acts."""
    person = _person.get()
    if person is None:
        return
    TrailEntry.objects.create(
        person_id=person.pk,
        person=str(person),
        action=action,
        kind=instance._meta.label_lower,
        object_id=str(instance.pk),
        object=str(instance)[:200],
        changes=changes,
    )


def _somebody_acts() -> bool:
    return _person.get() is not None


def _values(instance: models.Model) -> dict[str, Any]:
    fields = [field for field in instance._meta.concrete_fields if field.name not in LEFT_OUT]
    return {field.name: field.value_from_object(instance) for field in fields}


def _words(value: Any) -> str | None:
    return None if value is None else str(value)[:LONGEST]


def _before(sender: type[models.Model], instance: models.Model, raw: bool = False, **_: Any) -> None:
    if raw or not _somebody_acts() or instance.pk is None:
        return
    row = sender._default_manager.filter(pk=instance.pk).first()
    instance._trail = _values(row) if row else None  # type: ignore[attr-defined]


def _saved(sender: type[models.Model], instance: models.Model, created: bool, raw: bool = False, **_: Any) -> None:
    if raw or not _somebody_acts():
        return
    old, new = instance.__dict__.pop("_trail", None) or {}, _values(instance)
    changed = {name: value for name, value in new.items() if created or old.get(name) != value}
    changes = {
        name: ["…", "…"] if name in UNTOLD else [_words(old.get(name)), _words(value)]
        for name, value in changed.items()
    }
    if changes:
        record(Action.ADDED if created else Action.CHANGED, instance, changes)


def _deleted(sender: type[models.Model], instance: models.Model, **_: Any) -> None:
    if _somebody_acts():
        gone = {name: ["…" if name in UNTOLD else _words(value), None] for name, value in _values(instance).items()}
        record(Action.DELETED, instance, gone)


def _related(
    sender: Any, instance: models.Model, action: str, model: type[models.Model], pk_set: Any, **rest: Any
) -> None:
    if not _somebody_acts() or instance._meta.app_label not in APPS:
        return
    fields = [each.name for each in instance._meta.many_to_many if each.remote_field.through is sender]
    field = fields[0] if fields else model._meta.model_name or ""
    if action == "post_clear":
        record(Action.CHANGED, instance, {field: ["all", None]})
    if action not in ("post_add", "post_remove") or not pk_set:
        return
    names = ", ".join(sorted(map(str, model._default_manager.filter(pk__in=pk_set))))[:LONGEST]
    added = action == "post_add"
    record(Action.CHANGED, instance, {field: [None, names] if added else [names, None]})


def _moved(sender: Any, category: models.Model, before: str, after: str, **_: Any) -> None:
    """A move in the tree rewrites many rows, and saves none."""
    record(Action.CHANGED, category, {"place": [_words(before), _words(after)]})


def _rewritten(sender: Any, order: models.Model, before: dict[str, str], after: dict[str, str], **_: Any) -> None:
    """All discounts and taxes of an order go, and new ones come: one row says what is another now."""
    changed = {
        name: [_words(old or None), _words(after[name] or None)] for name, old in before.items() if old != after[name]
    }
    if changed:
        record(Action.CHANGED, order, changed)


def _logged(sender: type[models.Model], instance: Any, created: bool, **_: Any) -> None:
    """What an admin that saves no row of ours wrote into Django's log, such as a replay of events."""
    if created and instance.action_flag == CHANGE:
        target = instance.get_edited_object() if instance.content_type_id else None
        if target is not None and target._meta.app_label not in APPS:
            record(Action.DID, target, {"": [None, instance.get_change_message()]})
