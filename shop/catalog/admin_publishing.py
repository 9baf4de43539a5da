"""The status of a product in admin: chosen in its form, filtered and changed in the list; and its copy."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin import SimpleListFilter
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST
from unfold.decorators import display
from unfold.widgets import INPUT_CLASSES, UnfoldAdminSelectWidget

from shop.catalog import copying, publication
from shop.catalog.models import Product, Stock
from shop.catalog.publication import Status

BADGES = {Status.DRAFT: "info", Status.FOR_SALE: "success", Status.SCHEDULED: "warning", Status.HIDDEN: "danger"}


class StatusFields(forms.ModelForm):
    """The part of a product's form that chooses its status."""

    publish_at = forms.DateTimeField(
        label=_("For sale from"),
        required=False,
        # One field of the browser's. Those of the theme come with warnings of time zones.
        widget=forms.DateTimeInput({"type": "datetime-local", "class": " ".join(INPUT_CLASSES)}, "%Y-%m-%dT%H:%M"),
    )
    status = forms.ChoiceField(
        label=_("Status"), choices=Status.choices, required=False, widget=UnfoldAdminSelectWidget
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["status"].initial = publication.status_of(self.instance)

    def clean(self) -> dict[str, Any]:
        """A status that is not sent stays as it is."""
        data = super().clean() or {}
        moment = data.get("publish_at")
        status = data.get("status") or publication.status_of(self.instance)
        if status == Status.SCHEDULED and moment is None and "publish_at" not in self.errors:
            self.add_error("publish_at", _("From which moment on?"))
        elif status != Status.SCHEDULED and "publish_at" in self.changed_data and moment and moment > timezone.now():
            self.add_error("status", _("Choose “for sale from a moment on”, or take the moment out."))
        publication.put(self.instance, status, moment)
        data["publish_at"] = self.instance.publish_at
        return data


class StatusFilter(SimpleListFilter):
    """Products of one status."""

    title = _("status")
    parameter_name = "status"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return list(Status.choices)

    def queryset(self, request: HttpRequest, queryset: QuerySet[Product]) -> QuerySet[Product]:
        """Those of the list that have the status."""
        chosen = self.value() or ""
        return queryset.filter(publication.CONDITIONS[Status(chosen)]) if chosen in Status else queryset


def _action(status: Status, verb: Any, name: str) -> Callable[..., None]:
    def action(model_admin: Any, request: HttpRequest, queryset: QuerySet[Product]) -> None:
        keys = list(queryset.values_list("pk", flat=True))
        with transaction.atomic():
            # By their keys: the rows of a search, which are told apart, cannot be locked.
            done = list(Product.objects.select_for_update().filter(pk__in=keys).order_by("pk"))
            for product in done:
                publication.put(product, status)
                product.save(update_fields=publication.COLUMNS)
        said = ngettext("%(n)s product is now: %(status)s", "%(n)s products are now: %(status)s", len(done))
        messages.success(request, said % {"n": len(done), "status": status.label})

    action.__name__ = name
    return admin.action(description=verb, permissions=["change"])(action)


ACTIONS = (
    _action(Status.FOR_SALE, _("Put up for sale"), "put_up_for_sale"),
    _action(Status.HIDDEN, _("Hide"), "hide"),
)


class Publishing:
    """The part of `ProductAdmin` that has the status and the copy."""

    admin_site: Any
    model: Any
    change_form_outer_before_template = "admin/catalog/product_head.html"

    def get_urls(self) -> list[URLPattern]:
        """Plus the page that asks for the SKUs of a copy, and the button that hides."""
        view = self.admin_site.admin_view
        return [
            path("<int:pk>/copy/", view(self.copy_view), name="catalog_product_copy"),
            path("<int:pk>/hide/", view(require_POST(self.hide_view)), name="catalog_product_hide"),
            *super().get_urls(),  # type: ignore[misc]
        ]

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        """The status and its moment side by side, after the other fields that have no language.

        The slug is the last of them: the title, which comes next, fills it.
        """
        (name, options), *others = super().get_fieldsets(request, obj)  # type: ignore[misc]
        own = ("status", "publish_at")
        fields = [field for field in options["fields"] if field not in (*own, "slug")]
        return [(name, {**options, "fields": [*fields, own, "slug"]}), *others]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Product]:
        """With what the sign of something missing reads."""
        rows: QuerySet[Product] = super().get_queryset(request)  # type: ignore[misc]
        return rows.prefetch_related("variants__prices")

    @display(description=_("status"), label={str(status): colour for status, colour in BADGES.items()})
    def status_badge(self, product: Product) -> tuple[str, str]:
        return publication.status_of(product), publication.words(product)

    @display(description=_("missing"))
    def lacks(self, product: Product) -> str:
        """What keeps it from being bought."""
        return " ".join(publication.missing(product))

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """With what is missing, and the ways to the copy and the preview."""
        product = self.get_object(request, object_id)  # type: ignore[attr-defined]
        extra = dict(extra_context or {})
        if product is not None:
            extra |= {
                "missing": publication.missing(product),
                "unpublished": product.unpublished,
                "may_hide": product.active and self.has_change_permission(request, product),  # type: ignore[attr-defined]
                "may_copy": self.has_add_permission(request),  # type: ignore[attr-defined]
            }
        answer: HttpResponse = super().change_view(request, object_id, form_url, extra)  # type: ignore[misc]
        return answer

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Not for a product that has a stock: its stream goes on, and orders name its variants. It can be hidden."""
        allowed: bool = super().has_delete_permission(request, obj)  # type: ignore[misc]
        return allowed and (obj is None or not Stock.objects.filter(variant__product=obj).exists())

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        """Without one that nearly every product would refuse."""
        found: dict[str, Any] = super().get_actions(request)  # type: ignore[misc]
        found.pop("delete_selected", None)
        return found

    def hide_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """No shopper finds it any more."""
        if not self.has_change_permission(request):  # type: ignore[attr-defined]
            raise PermissionDenied
        with transaction.atomic():
            product = Product.objects.select_for_update().filter(pk=pk).first()
            if product is None:
                raise Http404
            publication.put(product, Status.HIDDEN)
            product.save(update_fields=publication.COLUMNS)
        messages.success(request, _("“%(title)s” is hidden: no shopper finds it.") % {"title": product.title})
        return HttpResponseRedirect(reverse("admin:catalog_product_change", args=[pk]))

    def copy_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Ask for the new SKUs; on POST make the draft."""
        if not self.has_add_permission(request):  # type: ignore[attr-defined]
            raise PermissionDenied
        product = self.get_object(request, str(pk))  # type: ignore[attr-defined]
        if product is None:
            raise Http404
        form = copying.CopyForm(product, request.POST if request.method == "POST" else None)
        made = form.save() if form.is_valid() else None
        if made is not None:
            messages.success(request, _("“%(title)s” is a draft: no shopper sees it.") % {"title": made.title})
            return HttpResponseRedirect(reverse("admin:catalog_product_change", args=[made.pk]))
        context = {
            **self.admin_site.each_context(request),
            "title": _("Copy “%(title)s”") % {"title": product.title},
            "opts": self.model._meta,
            "product": product,
            "form": form,
        }
        return render(request, "admin/catalog/copy.html", context)
