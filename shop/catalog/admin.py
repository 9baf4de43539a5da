"""The catalogue in admin."""

from typing import Any

from django import forms
from django.conf import settings
from django.contrib import admin
from django.db import IntegrityError, connection
from django.http import HttpRequest, HttpResponse
from django.utils.functional import lazy
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from djmoney.money import Money
from modeltranslation.admin import TranslationTabularInline
from unfold.admin import ModelAdmin, TabularInline
from unfold.widgets import UnfoldAdminTextInputWidget

from shop.catalog import admin_categories, admin_imports, admin_stock, pictures, prices, stock  # noqa: F401 - they register themselves
from shop.catalog.admin_exports import ProductExport
from shop.catalog.admin_grids import ProductGrid
from shop.catalog.admin_publishing import ACTIONS, Publishing, StatusFields, StatusFilter
from shop.catalog.models import Product, Variant
from shop.catalog.picture_admin import PictureInline, ProductForm
from shop.catalog.values import MOST_PIECES, CountValue, PriceValue, Refused
from shop.lib.language_tabs import LanguageTabsAdmin

COUNT = CountValue.permission
"""Who has this right says how many there are."""


def _words(currency: str) -> str:
    return gettext("Price, %(currency)s") % {"currency": currency}


_price_in = lazy(_words, str)  # in the language of who reads it, not of the start


class PriceField(forms.CharField):
    """An amount of one currency, as people write it; empty where the thing is not sold."""

    def __init__(self, currency: str) -> None:
        self.currency = currency
        super().__init__(
            label=_price_in(currency),
            required=False,
            max_length=20,
            widget=UnfoldAdminTextInputWidget(attrs={"inputmode": "decimal", "size": 8}),
        )

    def clean(self, value: Any) -> Money | None:
        typed = super().clean(value)
        if not typed:
            return None
        try:
            return Money(PriceValue(self.currency).read(typed, ""), self.currency)
        except Refused as problem:
            raise forms.ValidationError(str(problem)) from None


class VariantFields(forms.ModelForm):
    """A SKU names a stream for good: it is given once. Each currency has a price of its own.

    How many there are is typed once, too, for a new variant; from then on they are counted under Stock.
    """

    on_hand = forms.IntegerField(
        label=_("On hand"),
        required=False,
        min_value=0,
        max_value=MOST_PIECES,
        widget=UnfoldAdminTextInputWidget(attrs={"inputmode": "numeric", "size": 5}),
    )

    class Meta:
        model = Variant
        fields = ("sku", "option", "active", "position")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            self.fields["sku"].disabled = self.fields["on_hand"].disabled = True
            self.fields["on_hand"].initial = CountValue().shown(self.instance)
            for price in self.instance.prices.all():
                if name := PRICES.get(price.amount.currency.code):
                    self.fields[name].initial = f"{price.amount.amount:f}"

    def clean(self) -> dict[str, Any]:
        """One price at least: else it is sold nowhere, and nobody is told."""
        data = super().clean() or {}
        if not any(data.get(name) is not None or name in self.errors for name in PRICES.values()):
            self.add_error(next(iter(PRICES.values())), _("A price in one currency at least."))
        return data


PRICES = {currency: f"price_{currency.lower()}" for currency in settings.CURRENCIES}
VariantForm = type("VariantForm", (VariantFields,), {name: PriceField(currency) for currency, name in PRICES.items()})


class VariantInline(TranslationTabularInline, TabularInline):
    """The variants of a product, on its page. A variant has a stock, and goes on like its stream: none is deleted."""

    model = Variant
    can_delete = False
    form = VariantForm
    extra = 0
    fields = ("sku", "option", *PRICES.values(), "on_hand", "active", "position")
    ordering_field = "position"

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).select_related("stock").prefetch_related("prices")

    def get_extra(self, request: HttpRequest, obj: Any = None, **kwargs: Any) -> int:
        """A new product begins with the row of one variant."""
        return 0 if obj else 1

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """How many there are is for those who may change it."""
        found = super().get_fields(request, obj)
        return found if request.user.has_perm(COUNT) else [name for name in found if name != "on_hand"]


class WholeForm(ProductForm, StatusFields):
    """A product's form: its picture is looked into, and its status is one choice."""


@admin.register(Product)
class ProductAdmin(ProductGrid, ProductExport, Publishing, LanguageTabsAdmin, ModelAdmin):
    """Products with their variants. How many there are is counted under Stock."""

    form = WholeForm
    exclude = ("active",)
    list_display = ("title", "category", "status_badge", "lacks", "featured", "created")
    list_filter = (StatusFilter, "featured", "category")
    list_editable = ("featured",)
    list_before_template = "admin/catalog/product_links.html"
    actions = ACTIONS
    list_select_related = ("category",)
    search_fields = ("title", "slug", "variants__sku")
    prepopulated_fields = {"slug": ("title",)}
    inlines = (VariantInline, PictureInline)

    def changeform_view(self, request: HttpRequest, *parts: Any, **named: Any) -> HttpResponse:
        """Where the database refuses, somebody deleted the category or took a name in the same instant.

        Nothing is stored then. Looked at once more, the form says what it was, and has all that was typed.
        """
        try:
            answer: HttpResponse = super().changeform_view(request, *parts, **named)
        except IntegrityError:
            answer = super().changeform_view(request, *parts, **named)
        return answer

    def save_model(self, request: HttpRequest, obj: Product, form: Any, change: bool) -> None:
        """With the picture its smaller ones are stored, so that no page asks for one that is not there yet."""
        super().save_model(request, obj, form, change)
        if "picture" in form.changed_data:
            obj.picture_sizes = pictures.store(obj.picture, *form.smaller)
            obj.save(update_fields=["picture_sizes"])

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """Every variant has its prices and a stock row, from the beginning."""
        super().save_related(request, form, formsets, change)
        first: dict[int, int] = {}
        for each in (each for formset in formsets for each in formset.forms):
            if isinstance(each, VariantFields) and each.instance.pk and "sku" in each.cleaned_data:
                for currency, name in PRICES.items():
                    prices.put(each.instance, currency, each.cleaned_data.get(name))
                first[each.instance.pk] = each.cleaned_data.get("on_hand") or 0
        may_count = request.user.has_perm(COUNT)
        for variant in form.instance.variants.filter(stock=None):
            there = first.get(variant.pk, 0) if may_count else 0
            stock.adjust(variant, there, "opening", actor=f"staff:{request.user.pk}")
        if connection.vendor == "postgresql":
            connection.check_constraints()  # it would look at the commit, after the admin has said that all is saved
