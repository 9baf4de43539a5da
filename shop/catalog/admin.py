"""The catalogue in admin."""

import re
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from modeltranslation.admin import TranslationTabularInline
from PIL import Image
from treebeard.forms import movenodeform_factory
from unfold.admin import ModelAdmin, TabularInline
from unfold.decorators import display

from shop.catalog import stock
from shop.catalog.models import Category, Product, Stock, Variant
from shop.lib.language_tabs import LanguageTabsAdmin


@admin.register(Category)
class CategoryAdmin(LanguageTabsAdmin, ModelAdmin):
    """Shelves; where one stands is part of its form."""

    form = movenodeform_factory(Category)
    list_display = ("indented", "slug")
    ordering = ("path",)
    prepopulated_fields = {"slug": ("title",)}

    @display(description=_("title"))
    def indented(self, category: Category) -> str:
        """By depth."""
        return "— " * (category.depth - 1) + category.title


class VariantForm(forms.ModelForm):
    """A SKU names a stream for good: it is given once."""

    class Meta:
        model = Variant
        fields = ("sku", "option", "price", "position")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            self.fields["sku"].disabled = True


class VariantInline(TranslationTabularInline, TabularInline):
    model = Variant
    form = VariantForm
    extra = 0
    fields = ("sku", "option", "price", "position")


class ProductForm(forms.ModelForm):
    """A picture must be one, whatever its name says."""

    class Meta:
        model = Product
        fields = "__all__"  # noqa: DJ007 - which of them are shown is the admin's business

    def clean_picture(self) -> Any:
        """SVG by its root element, the others by decoding them."""
        picture = self.cleaned_data.get("picture")
        if isinstance(picture, UploadedFile) and not is_picture(picture):
            raise forms.ValidationError(_("This file is not a picture that browsers can show."))
        return picture


def is_picture(upload: UploadedFile) -> bool:
    """Whether the content is an SVG or a raster picture that Pillow can read."""
    try:
        if str(upload.name).lower().endswith(".svg"):
            return bool(SVG_ROOT.match(upload.read(4096)))
        with Image.open(upload) as image:
            image.verify()
            return image.format in {"PNG", "JPEG", "WEBP"}
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError):
        return False
    finally:
        upload.seek(0)


SVG_ROOT = re.compile(rb"\s*(<\?xml[^>]*\?>\s*)?(<!--.*?-->\s*)*<svg[\s>]", re.S)


@admin.register(Product)
class ProductAdmin(LanguageTabsAdmin, ModelAdmin):
    """Products with their variants. How many there are is under Stock."""

    form = ProductForm
    list_display = ("title", "category", "active", "featured", "created")
    list_filter = ("active", "featured", "category")
    list_editable = ("active", "featured")
    list_select_related = ("category",)
    search_fields = ("title", "slug", "variants__sku")
    prepopulated_fields = {"slug": ("title",)}
    inlines = (VariantInline,)

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """Every variant has a stock row, from the beginning."""
        super().save_related(request, form, formsets, change)
        for variant in form.instance.variants.filter(stock=None):
            stock.adjust(variant, 0)


class CountForm(forms.ModelForm):
    """How many there really are."""

    counted = forms.IntegerField(label=_("On hand"), min_value=0, max_value=10_000_000)

    class Meta:
        model = Stock
        fields: tuple[str, ...] = ()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["counted"].initial = self.instance.on_hand

    def clean_counted(self) -> int:
        """Not below what is promised."""
        counted: int = self.cleaned_data["counted"]
        if counted < self.instance.reserved:
            raise forms.ValidationError(
                _("%(n)s are promised to orders; there cannot be fewer."), params={"n": self.instance.reserved}
            )
        return counted


@admin.register(Stock)
class StockAdmin(ModelAdmin):
    """What lies in the store. A change here is a count; orders move the rest."""

    form = CountForm
    list_display = ("sku", "product", "available_badge", "on_hand", "reserved")
    list_select_related = ("variant__product",)
    search_fields = ("sku", "variant__product__title")
    readonly_fields = ("sku", "product", "reserved")
    fields = ("sku", "product", "counted", "reserved")
    ordering = ("on_hand",)

    def has_add_permission(self, request: HttpRequest) -> bool:
        """They come with their variants."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """They go with their variants."""
        return False

    @display(description=_("product"))
    def product(self, row: Stock) -> str:
        """And option."""
        return str(row.variant)

    @display(description=_("available"), label={"out": "danger", "few": "warning", "in": "success"})
    def available_badge(self, row: Stock) -> tuple[str, str]:
        """Coloured."""
        return ("out" if row.available == 0 else "few" if row.available <= 5 else "in"), str(row.available)

    def save_model(self, request: HttpRequest, obj: Stock, form: Any, change: bool) -> None:
        """By the verb, which emits the event."""
        try:
            stock.adjust(obj.variant, form.cleaned_data["counted"])
        except ValueError as problem:  # promised meanwhile
            messages.error(request, str(problem))
