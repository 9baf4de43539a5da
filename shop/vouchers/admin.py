"""Promotions in admin."""

from collections.abc import Sequence
from typing import Any

from django.contrib import admin
from django.contrib.admin.widgets import AutocompleteSelectMultiple
from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin
from unfold.decorators import display

from shop.lib.language_tabs import LanguageTabsAdmin
from shop.vouchers.models import Claim, Promotion


class KeysOnly(AutocompleteSelectMultiple):
    """Shows again what was chosen. Django's own looks up whatever a browser sent, and fails for what is no key."""

    def optgroups(self, name: str, value: Sequence[str], attr: Any = None) -> Any:
        """Of the values those that can be keys."""
        keys = [each for each in value if str(each).isascii() and str(each).isdigit() and len(str(each)) < 19]
        return super().optgroups(name, keys, attr)


@admin.register(Promotion)
class PromotionAdmin(LanguageTabsAdmin, ModelAdmin):
    """Vouchers and promotions."""

    list_display = ("title", "code", "kind", "starts", "ends", "used", "combines", "active")
    list_filter = ("active", "kind", "combines")
    search_fields = ("title", "code")
    filter_horizontal = ("categories",)
    autocomplete_fields = ("products",)

    def formfield_for_manytomany(self, db_field: Any, request: Any, **kwargs: Any) -> Any:
        """See `KeysOnly`."""
        if db_field.name == "products":
            kwargs["widget"] = KeysOnly(db_field, self.admin_site)
        return super().formfield_for_manytomany(db_field, request, **kwargs)

    fieldsets = (
        (None, {"fields": ("title", ("code", "active", "combines", "in_banner"))}),
        (_("What it takes off"), {"fields": ("kind", ("percent", "amount"), ("buy", "pay"))}),
        (_("What it is for"), {"fields": ("products", "categories", "minimum")}),
        (_("When, and how often"), {"fields": (("starts", "ends"), ("most_uses", "most_per_shopper"))}),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Promotion]:
        """With the number of claims, in the same query."""
        claimed = Count("claims", filter=Q(claims__state=Claim.State.CLAIMED))
        return super().get_queryset(request).annotate(claimed=claimed)

    @display(description=_("used"), ordering="claimed")
    def used(self, promotion: Any) -> str:
        most = promotion.most_uses
        return f"{promotion.claimed} / {most}" if most is not None else str(promotion.claimed)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """What was claimed stays; the others are switched off."""
        return super().has_delete_permission(request, obj) and (obj is None or not obj.claims.exists())
