"""The catalogue in admin."""

from contextlib import nullcontext
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.db.models import ProtectedError, Q
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from modeltranslation.admin import TranslationTabularInline
from treebeard.forms import movenodeform_factory
from unfold.admin import ModelAdmin, TabularInline
from unfold.decorators import display

from shop.catalog import pictures, stock
from shop.catalog.models import Category, Product, Stock, Variant
from shop.lib.language_tabs import LanguageTabsAdmin


@admin.register(Category)
class CategoryAdmin(LanguageTabsAdmin, ModelAdmin):
    """Categories; the form asks where in the tree one belongs."""

    form = movenodeform_factory(Category)
    list_display = ("indented", "slug")
    ordering = ("path",)
    prepopulated_fields = {"slug": ("title",)}

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Any:
        """With the categories below, which go too, and with the products that stand on any of them, which forbid it."""
        below = Category.objects.filter(_under(objs)) if objs else Category.objects.none()
        products = Product.objects.filter(category__in=below).order_by("title")
        lower = [category.title for category in below if category not in objs]
        if count := products.count():
            messages.error(
                request,
                _(
                    "This cannot be deleted. Products that stand there: %(n)s (%(titles)s). "
                    "Move them to another category first."
                )
                % {"n": count, "titles": _named([product.title for product in products[:NAMED]], count)},
            )
        elif lower and "post" not in request.POST:
            messages.warning(
                request,
                _("Categories below, which are deleted too: %(n)s (%(titles)s).")
                % {"n": len(lower), "titles": _named(lower[:NAMED], len(lower))},
            )
        return super().get_deleted_objects(list(below), request)

    def delete_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> HttpResponse:
        """A product that came after the question refuses the deletion in words."""
        try:
            return super().delete_view(request, object_id, extra_context)
        except ProtectedError:
            return self._refused(request)

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        try:
            # What the action wrote to the history goes with it.
            with transaction.atomic() if request.method == "POST" else nullcontext():
                return super().changelist_view(request, extra_context)
        except ProtectedError:
            return self._refused(request)

    def _refused(self, request: HttpRequest) -> HttpResponse:
        messages.error(request, _("Nothing was deleted: a product was put there meanwhile."))
        return HttpResponseRedirect(reverse("admin:catalog_category_changelist"))

    @display(description=_("title"))
    def indented(self, category: Category) -> str:
        return "— " * (category.depth - 1) + category.title


NAMED = 10
"""Titles that a message names."""


def _named(titles: list[str], count: int) -> str:
    return ", ".join(titles) + (" …" if count > len(titles) else "")


def _under(categories: Any) -> Q:
    """These categories and all below them."""
    under = Q()
    for category in categories:
        under |= Q(path__startswith=category.path)
    return under


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
    """The variants of a product, on its page."""

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
        """Checked by what is in the file."""
        picture = self.cleaned_data.get("picture")
        if isinstance(picture, UploadedFile):
            try:
                pictures.check(picture)
            except pictures.NoPicture as problem:
                raise forms.ValidationError(problem.args[0]) from problem
        return picture


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
        return str(row.variant)

    @display(description=_("available"), label={"out": "danger", "few": "warning", "in": "success"})
    def available_badge(self, row: Stock) -> tuple[str, str]:
        return ("out" if row.available == 0 else "few" if row.available <= 5 else "in"), str(row.available)

    def save_model(self, request: HttpRequest, obj: Stock, form: Any, change: bool) -> None:
        """By the verb, which emits the event."""
        try:
            stock.adjust(obj.variant, form.cleaned_data["counted"])
        except ValueError as problem:  # promised meanwhile
            messages.error(request, str(problem))
