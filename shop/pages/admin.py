"""The shop's own pages in admin."""

from typing import Any

from django.contrib import admin
from django.db.models import Max, QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.html import format_html_join
from django.utils.safestring import mark_safe
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin
from unfold.decorators import display
from unfold.widgets import UnfoldAdminTextareaWidget

from shop.lib.language_tabs import LanguageTabsAdmin
from shop.pages.models import Page


@admin.register(Page)
class PageAdmin(LanguageTabsAdmin, ModelAdmin):
    """The pages whose texts the owner writes. None is deleted, because orders name their versions."""

    list_display = ("title", "kind", "state", "newest", "published", "position")
    list_editable = ("position",)
    list_filter = ("published", "kind")
    search_fields = ("title", "slug", "body")
    fields = ("kind", "slug", "published", "position", "title", "body", "kept")
    readonly_fields = ("kept",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Page]:
        """With the number of the newest version."""
        return super().get_queryset(request).annotate(number=Max("versions__number"))

    def formfield_for_dbfield(self, db_field: Any, request: Any, **kwargs: Any) -> Any:
        """A tall field for the text."""
        if db_field.name.startswith("body"):
            kwargs["widget"] = UnfoldAdminTextareaWidget(attrs={"rows": 24})
        return super().formfield_for_dbfield(db_field, request, **kwargs)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """Kind and slug are the address: they are given once."""
        return ("kind", "slug", "kept") if obj else ("kept",)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    @display(description=_("state"), label={"sample": "danger", "missing": "warning", "own": "success"})
    def state(self, page: Page) -> tuple[str, str]:
        if page.is_sample:
            return "sample", str(_("sample text"))
        if page.missing:
            return "missing", str(_("lacks: %(languages)s") % {"languages": ", ".join(page.missing)})
        return "own", str(_("own text"))

    @display(description=_("version"))
    def newest(self, page: Page) -> str:
        return str(page.number or "")  # type: ignore[attr-defined]

    @display(description=_("versions"))
    def kept(self, page: Page) -> str:
        """Links to every version, as shoppers see it."""
        rows = [
            (each.get_absolute_url(), each.number, timezone.localdate(each.made_at)) for each in page.versions.all()
        ]
        return format_html_join(mark_safe("<br>"), '<a href="{}">{} · {}</a>', rows) if page.pk else "–"
