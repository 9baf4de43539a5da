"""What staff did, as a page and as a file: filtered, and read by key, so that every page costs what the first does.

The trail is the one table of it: each row has who, when, what, and every value before and after.
"""

import csv
import io
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.apps import apps
from django.contrib import admin
from django.core.exceptions import FieldDoesNotExist
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from shop.accounts.models import User
from shop.lib.tables import defused
from shop.lib.typed_text import whole_number
from shop.staff import trail
from shop.staff.models import TrailEntry

PAGE = 50
"""Rows of a page."""
CHUNK = 1000
MOST = 100_000
"""Rows of a file."""
STAFF = 200
"""Members of staff whose addresses the filter offers."""

_DAYS = [MinValueValidator(date(2000, 1, 1)), MaxValueValidator(date(9999, 12, 30))]


def kinds() -> list[tuple[str, str]]:
    """The models whose rows staff change, by name."""
    models = [model for model in apps.get_models() if model._meta.app_label in trail.APPS]
    return sorted(
        ((model._meta.label_lower, capfirst(str(model._meta.verbose_name))) for model in models),
        key=lambda pair: pair[1],
    )


def _day(label: Any) -> forms.DateField:
    widget = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    return forms.DateField(label=label, required=False, validators=_DAYS, widget=widget)


class ActivityFilter(forms.Form):
    """Which rows. A field that is wrong is said, and filters nothing."""

    person = forms.CharField(
        label=_("Person"), required=False, max_length=254, widget=forms.TextInput(attrs={"list": "staff"})
    )
    kind = forms.ChoiceField(label=_("Kind"), required=False, choices=lambda: [("", "–"), *kinds()])
    object = forms.CharField(label=_("Object"), required=False, max_length=60)
    first = _day(_("From"))
    last = _day(_("To"))
    search = forms.CharField(label=_("Search"), required=False, max_length=100)

    def rows(self) -> QuerySet[TrailEntry]:
        """The rows that the filter lets through, the newest first."""
        self.is_valid()
        typed = {name: _clean(value) for name, value in self.cleaned_data.items()}
        found = TrailEntry.objects.order_by("-at", "-pk")
        if person := typed.get("person"):
            known = User.objects.filter(email__iexact=person).values_list("pk", flat=True).first()
            found = found.filter(person=person) if known is None else found.filter(person_id=known)
        if kind := typed.get("kind"):
            found = found.filter(kind=kind)
        if thing := typed.get("object"):
            found = found.filter(Q(object=thing) | Q(object_id=thing))
        if first := typed.get("first"):
            found = found.filter(at__gte=_midnight(first))
        if last := typed.get("last"):
            found = found.filter(at__lt=_midnight(last) + timedelta(days=1))
        if search := typed.get("search"):
            found = found.filter(Q(object__icontains=search) | Q(person__icontains=search))
        return found

    def query(self) -> str:
        """The filter as the query of an address."""
        return urlencode({name: value for name in self.fields if (value := self.data.get(name))})


def after(rows: QuerySet[TrailEntry], key: str) -> QuerySet[TrailEntry]:
    """The rows that follow the one with this primary key."""
    last = TrailEntry.objects.filter(pk=whole_number(key) or 0).first()
    return rows.filter(at__lte=last.at).exclude(at=last.at, pk__gte=last.pk) if last else rows


def page(request: HttpRequest) -> dict[str, Any]:
    """What the page shows. Four queries at most, whatever there is."""
    form = ActivityFilter(request.GET)
    rows = list(after(form.rows(), request.GET.get("after", ""))[: PAGE + 1])
    shown = rows[:PAGE]
    return {
        "form": form,
        "rows": [_shown(request, entry) for entry in shown],
        "staff": User.objects.filter(is_staff=True).order_by("email").values_list("email", flat=True)[:STAFF],
        "query": form.query(),
        "paged": "after" in request.GET,
        "next": shown[-1].pk if len(rows) > PAGE else None,
    }


def file(request: HttpRequest) -> HttpResponse:
    """The filtered rows as CSV, a line for each value that changed."""
    out = io.StringIO()
    write = csv.writer(out).writerow
    write(["time", "person", "action", "kind", "object", "field", "old", "new"])
    for entry in _chunked(ActivityFilter(request.GET).rows()):
        known = [entry.at.isoformat(), entry.person, entry.action, entry.kind, entry.object]
        for name, (old, new) in sorted((entry.changes or {"": [None, None]}).items()):
            write(["" if cell is None else defused(str(cell)) for cell in (*known, name, old, new)])
    name = f"activity-{timezone.localdate():%Y-%m-%d}.csv"
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
    return HttpResponse("\N{BYTE ORDER MARK}" + out.getvalue(), "text/csv; charset=utf-8", headers=headers)


def _chunked(rows: QuerySet[TrailEntry]) -> Iterator[TrailEntry]:
    key, left = "", MOST
    while left > 0 and (part := list(after(rows, key)[: min(CHUNK, left)])):
        yield from part
        key, left = str(part[-1].pk), left - len(part)


def _shown(request: HttpRequest, entry: TrailEntry) -> dict[str, Any]:
    model = trail.model_of(entry.kind)
    changes = [(_field(model, name), old or "", new or "") for name, (old, new) in entry.changes.items() if old or new]
    changes += [(name, "", "") for name, values in entry.changes.items() if values == [None, None] and "." in name]
    kind = capfirst(model._meta.verbose_name) if model else entry.kind
    return {"entry": entry, "kind": kind, "changes": changes, "link": _link(request, model, entry)}


def _field(model: Any, name: str) -> str:
    """A field in words, as far as the model still has it."""
    try:
        field = model._meta.get_field(name) if model else None
        if field is not None and field.one_to_many:  # rows of another model that belong to it
            return str(field.related_model._meta.verbose_name_plural)
        return str(field.verbose_name) if field is not None else name
    except (FieldDoesNotExist, AttributeError):
        return name


def _link(request: HttpRequest, model: Any, entry: TrailEntry) -> str:
    """The page of the object, for whoever may see it. It may be gone."""
    its_admin = admin.site._registry.get(model) if model else None
    if its_admin is None or entry.action == TrailEntry.Action.DELETED or not its_admin.has_view_permission(request):
        return ""
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_change", args=[entry.object_id])


def _clean(value: Any) -> Any:
    return value.replace("\0", "").strip() if isinstance(value, str) else value


def _midnight(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time.min))
