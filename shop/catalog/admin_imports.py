"""Price lists in admin: give a file, read what it would change, press to apply, press to undo."""

from collections.abc import Callable
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin
from unfold.decorators import display

from events.admin import ReadOnly
from shop.catalog import list_imports
from shop.catalog.models import ListImport

NEEDED = ("catalog.add_product", "catalog.change_product", "catalog.change_price", "catalog.change_stock")
"""Who has all of these imports."""
PER_PAGE = 200
ENCODINGS = {"": _("detected"), "cp1252": "Windows-1252", "gb18030": "GB 18030"}
BADGES = {"checked": "info", "applying": "warning", "applied": "success", "undone": "danger"}


@admin.register(ListImport)
class ListImportAdmin(ReadOnly, ModelAdmin):
    """Every price list that somebody gave, the newest first."""

    list_display = ("file", "person", "state_badge", "read_at", "applied_at", "undone_at")
    ordering = ("-pk",)
    list_before_template = "admin/catalog/import_form.html"

    @display(description=_("state"), label=BADGES)
    def state_badge(self, made: ListImport) -> tuple[str, Any]:
        return made.state, made.get_state_display()

    def get_urls(self) -> list[URLPattern]:
        """Plus: read a file, apply it, undo it."""
        wrap = self.admin_site.admin_view
        return [
            path("read/", wrap(self.read_file), name="catalog_listimport_read"),
            path("<int:pk>/apply/", wrap(self.apply), name="catalog_listimport_apply"),
            path("<int:pk>/undo/", wrap(self.undo), name="catalog_listimport_undo"),
            *super().get_urls(),
        ]

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """With the form that takes a file."""
        extra = {"may_import": _may(request), "encodings": ENCODINGS.items(), "suffixes": sorted(list_imports.SUFFIXES)}
        answer: HttpResponse = super().changelist_view(request, extra | (extra_context or {}))
        return answer

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """What the file would change, or has changed, line by line."""
        made = self.get_object(request, object_id)
        if made is None:
            raise Http404
        if not self.has_view_permission(request, made):
            raise PermissionDenied
        left = [change for change in made.changes if change.get("why")]
        labels = {name: value.label for name, value in list_imports.values().items()}
        page = Paginator(made.changes, PER_PAGE).get_page(request.GET.get("page"))
        context = {
            **self.admin_site.each_context(request),
            "title": made.file,
            "opts": self.model._meta,
            "made": made,
            "badge": made.get_state_display(),
            "page": page,
            "rows": [change | {"label": labels.get(change["name"], _("new product"))} for change in page],
            "left": len(left),
            "refused": made.refused[:PER_PAGE],
            "may_import": _may(request),
            "may_undo": list_imports.may_undo(made),
            "fresh": sum(change["name"] == list_imports.NEW for change in made.changes),
            "begun": any("undone" in change for change in made.changes),
        }
        return render(request, "admin/catalog/import.html", context)

    def read_file(self, request: HttpRequest) -> HttpResponse:
        """Check a file. Nothing of the catalogue changes."""
        if not _may(request):
            raise PermissionDenied
        back = HttpResponseRedirect(reverse("admin:catalog_listimport_changelist"))
        file = request.FILES.get("file")
        if request.method != "POST" or file is None:
            messages.error(request, _("Please choose a file."))
            return back
        encoding = request.POST.get("encoding", "")
        try:
            made = list_imports.check(file, encoding if encoding in ENCODINGS else "", request.user)
        except list_imports.NoList as problem:
            messages.error(request, str(problem))
            return back
        return _to(made.pk)

    def apply(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Do what the page says."""
        return self._do(request, pk, list_imports.apply)

    def undo(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Change back what nobody changed since."""
        return self._do(request, pk, list_imports.undo)

    def _do(self, request: HttpRequest, pk: int, do: Callable[[int, str], ListImport]) -> HttpResponse:
        if not _may(request):
            raise PermissionDenied
        if not ListImport.objects.filter(pk=pk).exists():
            raise Http404
        if request.method == "POST":
            do(pk, f"staff:{request.user.pk}")
        return _to(pk)


def _may(request: HttpRequest) -> bool:
    return bool(request.user.has_perms(NEEDED))


def _to(pk: int) -> HttpResponse:
    return HttpResponseRedirect(reverse("admin:catalog_listimport_change", args=[pk]))
