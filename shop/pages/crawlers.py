"""The shop's own pages in the sitemap."""

from typing import Any

from shop.catalog.crawlers import SitePages
from shop.pages import published


class TextPages(SitePages):
    """Everything that the owner has published."""

    def items(self) -> list[Any]:
        """The pages as links."""
        return published.listed()

    def location(self, item: Any) -> str:
        return str(item.address)
