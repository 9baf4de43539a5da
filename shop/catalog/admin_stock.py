"""Stock in admin: what needs somebody, counts with a reason, and why a number is what it is."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin import SimpleListFilter
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from unfold.admin import ModelAdmin
from unfold.decorators import display
from unfold.widgets import UnfoldAdminIntegerFieldWidget, UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget

from shop.catalog import stock, stock_history, stock_levels, stock_reasons
from shop.catalog.admin_exports import StockExport
from shop.catalog.admin_grids import StockGrid
from shop.catalog.models import Stock
from shop.lib.typed_text import whole_number

LEVEL = "level"


class LevelFilter(SimpleListFilter):
    """Stocks that need somebody."""

    title = _("level")
    parameter_name = LEVEL

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [(key, title) for key, (title, _condition) in stock_levels.LEVELS.items()]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Stock]) -> QuerySet[Stock]:
        """Those of the list that have the level."""
        known = stock_levels.LEVELS.get(self.value() or "")
        return queryset.filter(known[1]) if known else queryset


def chips(chosen: str = "") -> list[dict[str, Any]]:
    """The levels as links with their numbers, for templates."""
    page = reverse("admin:catalog_stock_changelist")
    counts = stock_levels.counts()
    return [
        {"key": key, "title": title, "size": counts[key], "url": f"{page}?{LEVEL}={key}", "chosen": key == chosen}
        for key, (title, _condition) in stock_levels.LEVELS.items()
    ]


class CountForm(forms.ModelForm):
    """How many there really are, why, and from where on it is low."""

    counted = forms.IntegerField(
        label=_("On hand"), min_value=0, max_value=10_000_000, widget=UnfoldAdminIntegerFieldWidget
    )
    reason = forms.ChoiceField(
        label=_("Reason"),
        choices=list(stock_reasons.TYPED.items()),
        required=False,
        widget=UnfoldAdminSelectWidget,
    )
    note = forms.CharField(label=_("Note"), max_length=200, required=False, widget=UnfoldAdminTextInputWidget)

    class Meta:
        model = Stock
        fields = ("low_below",)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["counted"].initial = self.instance.on_hand


@admin.register(Stock)
class StockAdmin(StockGrid, StockExport, ModelAdmin):
    """What lies in the store. A change here is a count; orders move the rest."""

    form = CountForm
    list_display = ("sku", "product", "available_badge", "on_hand", "reserved", "why")
    list_select_related = ("variant__product",)
    list_filter = (LevelFilter,)
    list_before_template = "admin/catalog/stock_levels.html"
    search_fields = ("sku", "variant__product__title")
    readonly_fields = ("sku", "product", "reserved")
    fields = ("sku", "product", "counted", "reason", "note", "reserved", "low_below")
    ordering = ("on_hand",)
    change_form_outer_before_template = "admin/catalog/stock_why_link.html"

    def get_urls(self) -> list[URLPattern]:
        """Plus the page that says why."""
        return [
            path("<int:pk>/why/", self.admin_site.admin_view(self.why_view), name="catalog_stock_why"),
            *super().get_urls(),
        ]

    def has_add_permission(self, request: HttpRequest) -> bool:
        """They come with their variants."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """They go with their variants."""
        return False

    @display(description=_("product"))
    def product(self, row: Stock) -> str:
        return str(row.variant)

    @display(description=_("available"), label={"out": "danger", "few": "warning", "in": "success"})
    def available_badge(self, row: Stock) -> tuple[str, str]:
        level = "out" if row.available == 0 else "few" if stock_levels.is_low(row) else "in"
        return level, str(row.available)

    @display(description="")
    def why(self, row: Stock) -> SafeString:
        """The way to the page that says why."""
        page = reverse("admin:catalog_stock_why", args=[row.pk])
        return format_html('<a class="underline" href="{}">{}</a>', page, _("Why?"))

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """With the chips over the list."""
        chosen = request.GET.get(LEVEL, "")
        may = self.has_change_permission(request)
        extra = {"levels": chips(chosen), "all_stock": not request.GET, "may_count": may}
        return super().changelist_view(request, extra | (extra_context or {}))

    def why_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """What was counted and promised, and every change that led there."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        row = get_object_or_404(Stock.objects.select_related("variant__product"), pk=pk)
        orders = request.user.has_perm("orders.view_order")
        before = whole_number(request.GET.get("before", ""), 15) or 0
        history = stock_history.read(row, before=before, orders=orders)
        context = {
            **self.admin_site.each_context(request),
            "title": _("Why are there %(n)s of %(sku)s?") % {"n": row.available, "sku": row.sku},
            "opts": self.model._meta,
            "stock": row,
            "promised": stock_history.promised(row, orders=orders),
            "lacking": max(0, row.reserved - row.on_hand),
            "history": history,
            "first_page": not before,
            "may_count": self.has_change_permission(request),
        }
        return render(request, "admin/catalog/stock_why.html", context)

    def save_model(self, request: HttpRequest, obj: Stock, form: Any, change: bool) -> None:
        """By the verb, which emits the event. A count that was not touched is none, whatever orders moved meanwhile."""
        data = form.cleaned_data
        if "low_below" in form.changed_data:
            obj.save(update_fields=["low_below"])
        if "counted" not in form.changed_data:
            return
        actor = f"staff:{request.user.pk}"
        reason = data["reason"] or "counted"
        done = stock.adjust(obj.variant, data["counted"], reason, actor=actor, note=data["note"], short=True)
        if lacking := done.reserved - done.on_hand if done.reserved > done.on_hand else 0:
            said = ngettext("%(n)s more is promised than there is.", "%(n)s more are promised than there are.", lacking)
            messages.warning(request, said % {"n": lacking})
