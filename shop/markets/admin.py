"""Markets and tax rates in admin."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from unfold.admin import ModelAdmin
from unfold.decorators import display

from shop.lib.language_tabs import LanguageTabsAdmin
from shop.markets.models import Market, TaxRate
from shop.pricing.tax import percent_words


@admin.register(Market)
class MarketAdmin(LanguageTabsAdmin, ModelAdmin):
    """Where the shop sells."""

    list_display = ("title", "currency", "prices_include_tax", "language", "active", "position")
    list_editable = ("position",)
    prepopulated_fields = {"code": ("title",)}
    exclude = ("gateways",)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """The code stands in orders: it is given once."""
        return ("code",) if obj else ()

    def get_prepopulated_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return {} if obj else self.prepopulated_fields


@admin.register(TaxRate)
class TaxRateAdmin(ModelAdmin):
    """Tax rates, by country and day."""

    list_display = ("country", "region", "tax_class", "shown", "first_day", "source")
    list_filter = ("tax_class", "country")
    search_fields = ("country", "region")
    ordering = ("country", "region", "tax_class", "-first_day")

    @display(description="%", ordering="percent")
    def shown(self, rate: TaxRate) -> str:
        return percent_words(rate.percent)
