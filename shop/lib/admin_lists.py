"""Lists of the admin, filtered and searched as they are, as something else: a file to keep, a table to type into."""

from collections.abc import Iterable, Sequence
from copy import copy
from typing import Any, ClassVar

from django.contrib import messages
from django.contrib.admin.options import IncorrectLookupParameters
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext_lazy as _

from shop.lib import tables

MOST = 50_000
"""Rows of one file."""


def listed(model_admin: Any, request: HttpRequest, *others: str) -> QuerySet[Any]:
    """The rows of the list of an admin as the address filters it, on all its pages.

    `others` are parameters that the list does not know. Raises `IncorrectLookupParameters`.
    """
    asked: Any = copy(request)
    asked.GET = request.GET.copy()
    for name in ("p", "all", *others):
        asked.GET.pop(name, None)
    rows: QuerySet[Any] = model_admin.get_changelist_instance(asked).queryset
    return rows


class ExportList:
    """The part of a `ModelAdmin` that gives its list as a file."""

    admin_site: Any
    model: Any
    export_name: ClassVar[str]

    def export_header(self) -> Sequence[str]:
        """The names of the columns."""
        raise NotImplementedError

    def export_rows(self, listed: QuerySet[Any], most: int) -> Iterable[Sequence[Any]]:
        """At most so many rows."""
        raise NotImplementedError

    def get_urls(self) -> list[URLPattern]:
        """Plus the addresses of the files."""
        names = self.model._meta
        view = self.admin_site.admin_view(self.export_view)
        return [
            path("export/<slug:kind>/", view, name=f"{names.app_label}_{names.model_name}_export"),
            *super().get_urls(),  # type: ignore[misc]
        ]

    def export_view(self, request: HttpRequest, kind: str) -> HttpResponse:
        """The rows of the list, for whoever may see it. One that is too long is refused, not cut off."""
        if not self.has_view_permission(request):  # type: ignore[attr-defined]
            raise PermissionDenied
        if kind not in tables.KINDS:
            raise Http404
        names = self.model._meta
        back = reverse(f"admin:{names.app_label}_{names.model_name}_changelist")
        try:
            rows = listed(self, request)
        except IncorrectLookupParameters:
            return HttpResponseRedirect(back)
        found = list(self.export_rows(rows, MOST + 1))
        if len(found) > MOST:
            messages.error(request, _("A file has at most %(most)s rows. Please filter the list.") % {"most": MOST})
            return HttpResponseRedirect(f"{back}?{request.GET.urlencode()}")
        return tables.response(kind, self.export_name, self.export_header(), found)
