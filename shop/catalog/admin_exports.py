"""The lists of products and of stock as files. That of the products can be read again as a price list."""

from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Any, ClassVar

from django.conf import settings
from django.db.models import QuerySet

from shop.catalog import publication
from shop.catalog.models import Variant
from shop.catalog.price_lists import price_column
from shop.catalog.values import CountValue, PriceValue, titles
from shop.lib.admin_lists import ExportList


class ProductExport(ExportList):
    """A row for each variant, with the columns that an import reads, and others that it leaves alone."""

    export_name: ClassVar[str] = "products"

    def export_header(self) -> Sequence[str]:
        others = [title.name for title in titles()[1:]]
        more = [price_column(code) for code in settings.CURRENCIES if code != settings.DEFAULT_CURRENCY]
        return ["sku", "title", *others, "option", "category", "status", "price", *more, "stock"]

    def export_rows(self, listed: QuerySet[Any], most: int) -> Iterable[Sequence[Any]]:
        values = [PriceValue(settings.DEFAULT_CURRENCY)]
        values += [PriceValue(code) for code in settings.CURRENCIES if code != settings.DEFAULT_CURRENCY]
        found = Variant.objects.filter(product__in=listed.order_by().values("pk"))
        found = found.select_related("product__category", "stock").prefetch_related("prices")
        for variant in found.order_by("product_id", "position", "pk")[:most]:
            yield [
                variant.sku,
                *(title.shown(variant) for title in titles()),
                variant.option or "",
                variant.product.category.title,
                publication.status_of(variant.product).value,
                *(Decimal(shown) if (shown := value.shown(variant)) else None for value in values),
                int(CountValue().shown(variant)),
            ]


class StockExport(ExportList):
    """A row for each stock."""

    export_name: ClassVar[str] = "stock"

    def export_header(self) -> Sequence[str]:
        return ["sku", "title", "on_hand", "promised", "available", "low_below"]

    def export_rows(self, listed: QuerySet[Any], most: int) -> Iterable[Sequence[Any]]:
        for row in listed.select_related("variant__product")[:most]:
            yield [row.sku, str(row.variant), row.on_hand, row.reserved, row.available, row.low_below]
