"""Markets and tax rates in admin."""

from typing import Any

from django import forms
from django.conf import settings
from django.contrib import admin
from django.http import HttpRequest
from django.utils.module_loading import import_string
from unfold.admin import ModelAdmin
from unfold.decorators import display
from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget, UnfoldAdminSelectMultipleWidget

from shop.lib.language_tabs import LanguageTabsAdmin
from shop.markets.models import Market, TaxRate
from shop.pricing.tax import percent_words


def _gateways() -> list[Any]:
    return [import_string(path) for path in settings.PAYMENT_GATEWAYS]


@admin.register(Market)
class MarketAdmin(LanguageTabsAdmin, ModelAdmin):
    """Where the shop sells."""

    list_display = ("title", "currency", "prices_include_tax", "language", "active", "position")
    list_editable = ("position",)
    prepopulated_fields = {"code": ("title",)}

    def formfield_for_dbfield(self, db_field: Any, request: Any, **kwargs: Any) -> Any:
        """The ways to pay are chosen among the gateways of the settings; of countries there may be several."""
        if db_field.name == "countries":
            return db_field.formfield(widget=UnfoldAdminSelectMultipleWidget)
        if db_field.name == "gateways":
            return forms.MultipleChoiceField(
                label=db_field.verbose_name,
                help_text=db_field.help_text,
                choices=[
                    (each.name, each.title or each.name) for each in map(import_string, settings.PAYMENT_GATEWAYS)
                ],
                required=False,
                widget=UnfoldAdminCheckboxSelectMultipleWidget,
            )
        return super().formfield_for_dbfield(db_field, request, **kwargs)

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
