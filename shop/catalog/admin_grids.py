"""Pages of the admin on which many values of the catalogue are typed into one table."""

from collections.abc import Sequence
from typing import Any, ClassVar

from django.conf import settings
from django.contrib import messages
from django.contrib.admin.options import IncorrectLookupParameters
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext_lazy as _

from shop.catalog import grid, stock_reasons
from shop.catalog.models import Variant
from shop.catalog.values import By, CountValue, LowBelowValue, PriceValue, StatusValue, Value, titles
from shop.lib.admin_lists import listed

PER_PAGE = 50
PAGE, CURRENCY = "grid", "currency"
"""Parameters of the page beside those of the list."""


class GridPage:
    """The part of a `ModelAdmin` that opens its list, filtered as it is, as a table to type into."""

    admin_site: Any
    model: Any
    grid_title: Any
    grid_reasons: ClassVar[dict[str, Any]] = {}

    def grid_values(self, request: HttpRequest) -> Sequence[Value]:
        """The columns."""
        raise NotImplementedError

    def grid_variants(self, listed: QuerySet[Any]) -> QuerySet[Variant]:
        """The variants of the rows of the list."""
        raise NotImplementedError

    def get_urls(self) -> list[URLPattern]:
        """Plus the address of the table."""
        view = self.admin_site.admin_view(self.grid_view)
        names = self.model._meta
        return [
            path("grid/", view, name=f"{names.app_label}_{names.model_name}_grid"),
            *super().get_urls(),  # type: ignore[misc]
        ]

    def grid_view(self, request: HttpRequest) -> HttpResponse:
        """Show the table; on POST save what was changed in it. What cannot be saved stays as it was typed."""
        if not self.has_change_permission(request):  # type: ignore[attr-defined]
            raise PermissionDenied
        values = self.grid_values(request)
        try:
            found = self.grid_variants(listed(self, request, PAGE, CURRENCY))
        except IncorrectLookupParameters:
            return HttpResponseRedirect(request.path)
        found = found.select_related("product", "stock").prefetch_related("prices")
        saved = grid.Saved()
        if request.method == "POST":
            sent = {name: str(request.POST[name]) for name in request.POST}
            saved = grid.save(sent, values, request.user, self._by(request))
            if not saved.errors:
                messages.success(request, saved.words())
                return HttpResponseRedirect(request.get_full_path())
            messages.error(request, saved.words())
            # The rows that were sent, also those that no longer fit the filter.
            kept = found.model.objects.filter(pk__in=grid.sent_variants(sent)[: PER_PAGE * 2])
            found = kept.select_related("product", "stock").prefetch_related("prices").order_by(*ORDER)
        page = Paginator(found, PER_PAGE * 2 if saved.errors else PER_PAGE).get_page(request.GET.get(PAGE))
        return self._shown(request, page, values, saved)

    def _by(self, request: HttpRequest) -> By:
        reason = request.POST.get("reason", "")
        note = request.POST.get("note", "").replace("\0", "").strip()[:200]
        return By(f"staff:{request.user.pk}", reason if reason in self.grid_reasons else "counted", note)

    def _shown(self, request: HttpRequest, page: Any, values: Sequence[Value], saved: grid.Saved) -> HttpResponse:
        variants = list(page)
        names = self.model._meta
        query = request.GET.copy()
        query.pop(PAGE, None)
        kept = query.copy()
        kept.pop(CURRENCY, None)
        context = {
            **self.admin_site.each_context(request),
            "title": self.grid_title,
            "opts": names,
            "page": page,
            "values": values,
            "rows": grid.rows(variants, values, request.user, saved),
            "before": grid.before(variants, values),
            "query": query.urlencode(),
            "reasons": self.grid_reasons.items(),
            "by": self._by(request),
            "list": f"{reverse(f'admin:{names.app_label}_{names.model_name}_changelist')}?{kept.urlencode()}",
            **self.grid_context(request, kept.urlencode()),
        }
        return render(request, "admin/catalog/grid.html", context)

    def grid_context(self, request: HttpRequest, query: str) -> dict[str, Any]:
        """What else the page shows."""
        return {}


ORDER = ("-product_id", "position", "pk")


class ProductGrid(GridPage):
    """Prices of one currency, stock, status and titles of many variants."""

    grid_title = _("Products as a spreadsheet")

    def grid_values(self, request: HttpRequest) -> Sequence[Value]:
        return [*titles(), StatusValue(), PriceValue(_currency(request)), CountValue()]

    def grid_variants(self, listed: QuerySet[Any]) -> QuerySet[Variant]:
        return Variant.objects.filter(product__in=listed.order_by().values("pk")).order_by(*ORDER)

    def grid_context(self, request: HttpRequest, query: str) -> dict[str, Any]:
        """The currencies, when there are several."""
        chosen = _currency(request)
        links = [(code, f"?{query}&{CURRENCY}={code}", code == chosen) for code in settings.CURRENCIES]
        return {"currencies": links if len(links) > 1 else []}


class StockGrid(GridPage):
    """What was counted, and from where on a stock is low."""

    grid_title = _("Count stock")
    grid_reasons: ClassVar[dict[str, Any]] = stock_reasons.TYPED

    def grid_values(self, request: HttpRequest) -> Sequence[Value]:
        return [CountValue(), LowBelowValue()]

    def grid_variants(self, listed: QuerySet[Any]) -> QuerySet[Variant]:
        found = Variant.objects.filter(stock__in=listed.order_by().values("pk"))
        return found.order_by("product__title", "product_id", "position", "pk")


def _currency(request: HttpRequest) -> str:
    asked = request.GET.get(CURRENCY, "")
    return asked if asked in settings.CURRENCIES else settings.DEFAULT_CURRENCY
