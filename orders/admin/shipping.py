"""The ways to send."""

from typing import Any

from django import forms
from django.contrib import admin
from unfold.admin import ModelAdmin
from unfold.widgets import UnfoldAdminSelectWidget

from orders.models import DeliveryMethod
from orders.shipping.carriers import base
from shop.lib.language_tabs import LanguageTabsAdmin


@admin.register(DeliveryMethod)
class DeliveryMethodAdmin(LanguageTabsAdmin, ModelAdmin):
    """Ways to send."""

    list_display = ("title", "carrier", "price", "market", "min_days", "max_days", "active", "position")
    list_editable = ("position",)
    list_select_related = ("market",)

    def formfield_for_dbfield(self, db_field: Any, request: Any, **kwargs: Any) -> Any:
        """Whose webhooks are heard is a choice among the carriers of the settings that have what they need."""
        if db_field.name == "sent_by":
            known = [(each.name, each.title) for each in base.every() if not each.missing()]
            return forms.ChoiceField(
                label=db_field.verbose_name,
                help_text=db_field.help_text,
                choices=known,
                widget=UnfoldAdminSelectWidget,
            )
        return super().formfield_for_dbfield(db_field, request, **kwargs)
