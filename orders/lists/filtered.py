"""Which orders a filter of the list finds, for whoever asks outside a request of the list itself."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, QueryDict

from orders.models import Order

PAGING = ("p", "o", "e", "all", "_facets")
"""Parameters of the list that do not change which orders it finds."""


class Question(HttpRequest):
    """Asks the list which orders it finds, and wants no page of them."""

    def __init__(self, query: str, person: Any) -> None:
        super().__init__()
        self.method, self.GET, self.user = "POST", QueryDict(query), person  # a POST is told nothing of typing errors


def listed(query: str, person: Any) -> QuerySet[Order]:
    """What the list finds for this person and filter, in no order. Raises what the list answers by an error page."""
    changelist = admin.site.get_model_admin(Order).get_changelist_instance(Question(query, person))
    found: QuerySet[Order] = changelist.queryset
    return found.order_by()


def filter_of(parameters: QueryDict) -> str:
    """The filter that is in the parameters of the list's address, one text for one filter."""
    kept = QueryDict(mutable=True)
    for name in sorted(set(parameters) - set(PAGING)):
        if values := sorted(value for value in parameters.getlist(name) if value):
            kept.setlist(name, values)
    return kept.urlencode()
