"""The trail in admin: read by those who may, changed by nobody."""

from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.html import format_html_join
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin
from unfold.decorators import display

from events.admin import ReadOnly
from shop.staff import activity, invitation_admin, role_admin  # noqa: F401 - their pages are registered by import
from shop.staff.models import TrailEntry


@admin.register(TrailEntry)
class TrailEntryAdmin(ReadOnly, ModelAdmin):
    """Who did what."""

    readonly_fields = fields = ("at", "person", "action", "kind", "object", "what")

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """The page **Activity**, or with `csv` the same as a file."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        if "csv" in request.GET:
            return activity.file(request)
        context = {**self.admin_site.each_context(request), "title": _("Activity"), **activity.page(request)}
        return TemplateResponse(request, "admin/staff/activity.html", context)

    @display(description=_("changes"))
    def what(self, entry: TrailEntry) -> str:
        """Field by field: the old value, an arrow, the new one."""
        values = entry.changes.items()
        rows = ((name, "–" if old is None else old, "–" if new is None else new) for name, (old, new) in values)
        return format_html_join("\n", "<div>{} {} → {}</div>", rows)
