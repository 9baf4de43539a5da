"""The Django app of the catalogue."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class CatalogConfig(AppConfig):
    """Categories, products, variants and their stock."""

    name = "shop.catalog"
    verbose_name = _("Catalogue")

    def ready(self) -> None:
        from shop.catalog import compare, page_parts

        page_parts.actions.append(compare.action)
