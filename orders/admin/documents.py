"""Invoices and credit notes, and who writes them."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from unfold.admin import ModelAdmin
from unfold.decorators import display

from events.admin import ReadOnly
from orders.day_filter import Days
from orders.models import Document, Seller
from shop.lib.language_tabs import LanguageTabsAdmin


@admin.register(Document)
class DocumentAdmin(ReadOnly, ModelAdmin):
    """Invoices and credit notes: read, never changed."""

    list_display = ("number", "kind", "order", "total", "issued_on", "file_link")
    list_filter = ("kind", ("issued_on", Days))
    list_select_related = ("order",)
    search_fields = ("number", "order__ref", "order__name", "order__email")
    readonly_fields = ("number", "kind", "order", "refund", "total", "language", "issued_on", "content", "file_link")
    fields = readonly_fields

    @display(description="PDF")
    def file_link(self, document: Document) -> str:
        address = reverse("orders:document", args=[document.order.ref, document.number])
        return format_html('<a href="{}">{}</a>', address, "PDF")


@admin.register(Seller)
class SellerAdmin(LanguageTabsAdmin, ModelAdmin):
    """Who sells: one row."""

    list_display = ("name", "city", "country", "vat_number", "moment")

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Once."""
        return super().has_add_permission(request) and not Seller.objects.exists()

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """What documents name stays; it can be changed."""
        return False
