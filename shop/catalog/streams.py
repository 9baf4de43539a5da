"""The live stream of stock, `stock:<sku>`. Everybody may watch it."""

from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext, override

from events.live.streams import Snapshot, Stream, Viewer, register
from events.log.stream_names import StreamName
from shop.catalog import models

FEW = 5  # from here on the shopper is told how many are left


def words(available: int) -> str:
    """The availability in words of the active language."""
    if available <= 0:
        return _("Sold out")
    if available <= FEW:
        return ngettext("%(n)s left", "%(n)s left", available) % {"n": available}
    return _("In stock")


@register
class StockStream(Stream):
    """The stock of one SKU. The state is the number that can be bought."""

    prefix = "stock"
    sequential = False

    def topic(self, key: str, viewer: Viewer) -> str | None:
        """Any SKU of a product that is for sale."""
        known = models.Stock.objects.filter(sku=key, variant__product__active=True).exists()
        return str(StreamName("stock", key)) if known else None

    def present(self, state: Any, language: str) -> dict[str, Any]:
        """`sku`, `available` (at most 99, to keep the real number private), `label`, `status`."""
        sku, available = state
        with override(language):
            return {"sku": sku, "available": min(available, 99), "label": words(available), "status": _level(available)}

    def snapshot(self, topic: str) -> Snapshot:
        """Read from the row, which exists before the first event."""
        stock = models.Stock.objects.get(sku=StreamName.parse(topic).key)
        return Snapshot(stock.version, (stock.sku, stock.available))


def _level(available: int) -> str:
    return "out" if available <= 0 else "few" if available <= FEW else "in"
