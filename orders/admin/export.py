"""The list of orders, or a queue of it, as a file."""

from collections.abc import Iterable, Sequence
from typing import Any, ClassVar

from django.db.models import Prefetch, QuerySet

from orders.models import OrderLine
from shop.lib.admin_lists import ExportList

AMOUNTS = ("subtotal", "discount", "delivery_price", "tax", "total")


class OrderExport(ExportList):
    """A row for each order."""

    export_name: ClassVar[str] = "orders"

    def export_header(self) -> Sequence[str]:
        return (
            *("ref", "placed_at", "status", "name", "email", "postal_code", "city", "country"),
            *("delivery_method", "promised_by", "items", "currency", *AMOUNTS),
        )

    def export_rows(self, listed: QuerySet[Any], most: int) -> Iterable[Sequence[Any]]:
        lines = Prefetch("lines", OrderLine.objects.order_by("pk"))
        # What a queue prefetches for its columns is none of this file's.
        found = listed.prefetch_related(None).select_related("delivery_method").prefetch_related(lines)
        for order in found[:most]:
            yield (
                *(order.ref, order.placed_at, order.status, order.name, order.email, order.postal_code, order.city),
                *(order.country.code, str(order.delivery_method), order.promised_by.isoformat()),
                ", ".join(f"{line.quantity} × {line.title} ({line.sku})" for line in order.lines.all()),
                order.total.currency.code,
                *(getattr(order, name).amount for name in AMOUNTS),
            )
