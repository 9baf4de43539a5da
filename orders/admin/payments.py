"""Payments, and the webhooks of gateways and carriers."""

from django.contrib import admin
from unfold.admin import ModelAdmin

from events.admin import ReadOnly
from orders.admin.order import why
from orders.models import Payment, WebhookEvent


@admin.register(Payment)
class PaymentAdmin(ReadOnly, ModelAdmin):
    """Every try to pay."""

    list_display = ("order", "gateway", "amount", "state", why, "created", "completed_at")
    list_filter = ("state", "gateway")
    list_select_related = ("order",)
    search_fields = ("order__ref", "session")
    readonly_fields = tuple(f.name for f in Payment._meta.fields if f.name != "id" and not f.name.endswith("_currency"))


@admin.register(WebhookEvent)
class WebhookEventAdmin(ReadOnly, ModelAdmin):
    """Every webhook with a good signature, and what came of it."""

    list_display = ("event_id", "gateway", "outcome", "times", "received_at")
    list_filter = ("outcome", "gateway")
    search_fields = ("event_id", "body")
    readonly_fields = tuple(f.name for f in WebhookEvent._meta.fields if f.name != "id")
