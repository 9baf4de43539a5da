"""The facets as filters of Django's list, and as chips over it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.contrib.admin import ListFilter
from django.db.models import QuerySet
from django.http import HttpRequest, QueryDict
from django.utils.translation import gettext as _

from orders.lists.facets import FACETS, Facet
from orders.lists.filtered import PAGING
from orders.models import Order

DAYS = ("placed_at_from", "placed_at_to")


def chosen(facet: Facet, parameters: Mapping[str, Sequence[str]]) -> list[str]:
    """The values of a facet that an address has, by each name it ever had."""
    found = [
        part
        for name in (facet.name, *facet.aliases)
        for value in parameters.get(name, ())
        for part in (value.split(",") if name.endswith("__in") else [value])
    ]
    return list(dict.fromkeys(filter(None, found)))


class FacetFilter(ListFilter):
    """The base of the filters, one class for each facet. The page shows them itself: see `shown`."""

    facet: Facet

    def __init__(self, request: HttpRequest, params: dict[str, list[str]], model: Any, model_admin: Any) -> None:
        self.title = str(self.facet.title)
        super().__init__(request, params, model, model_admin)  # type: ignore[arg-type]
        self.values = chosen(self.facet, params)
        for name in (self.facet.name, *self.facet.aliases):
            params.pop(name, None)

    def has_output(self) -> bool:
        """Always: Django leaves out a filter without."""
        return True

    def expected_parameters(self) -> list[str | None]:
        """Each name that it ever had."""
        return [self.facet.name, *self.facet.aliases]

    def choices(self, changelist: Any) -> Any:
        """None in the theme's own panel."""
        return iter(())

    def queryset(self, request: HttpRequest, queryset: QuerySet[Order]) -> QuerySet[Order]:
        """Those of one of the values."""
        return queryset.filter(self.facet.find(self.values)) if self.values else queryset


FILTERS: tuple[type[FacetFilter], ...] = tuple(
    type(f"{facet.name.title()}Filter", (FacetFilter,), {"facet": facet, "title": facet.title}) for facet in FACETS
)


@dataclass(frozen=True)
class Chip:
    """Something that narrows the list, and the address of the list without it."""

    text: str
    url: str


def shown(parameters: QueryDict) -> dict[str, Any]:
    """The context of the facets' template: what can be chosen, what is, and what else the address says."""
    names = {name for facet in FACETS for name in (facet.name, *facet.aliases)}
    kept = [
        (name, value)
        for name, values in parameters.lists()
        for value in values
        if name not in names and name not in PAGING and name not in DAYS and value
    ]
    values = {facet.name: chosen(facet, dict(parameters.lists())) for facet in FACETS}
    facets = [
        {
            "facet": facet,
            "count": len(values[facet.name]),
            "options": [
                {"value": key, "label": label, "chosen": key in values[facet.name]} for key, label in facet.options()
            ],
        }
        for facet in FACETS
    ]
    return {
        "facets": [each for each in facets if each["options"]],
        "facet_chips": _chips(parameters, values),
        "kept_parameters": kept,
        "first_day": parameters.get("placed_at_from", ""),
        "last_day": parameters.get("placed_at_to", ""),
    }


def _chips(parameters: QueryDict, values: Mapping[str, Sequence[str]]) -> list[Chip]:
    chips = [
        Chip(f"{facet.title}: {facet.label(value)}", _without(parameters, facet, value, values[facet.name]))
        for facet in FACETS
        for value in values[facet.name]
    ]
    words = {
        "placed_at_from": _("from %(day)s"),
        "placed_at_to": _("to %(day)s"),
    }  # what is searched for stands in its field
    for name, pattern in words.items():
        if value := parameters.get(name):
            chips.append(Chip(pattern % {"day": value}, _address(parameters, {name: []})))
    return chips


def _without(parameters: QueryDict, facet: Facet, value: str, values: Sequence[str]) -> str:
    changed: dict[str, list[str]] = {name: [] for name in facet.aliases}
    return _address(parameters, changed | {facet.name: [other for other in values if other != value]})


def _address(parameters: QueryDict, changed: Mapping[str, list[str]]) -> str:
    query = parameters.copy()
    for name in PAGING:
        query.pop(name, None)
    for name, values in changed.items():
        query.setlist(name, values)
    return f"?{query.urlencode()}"
