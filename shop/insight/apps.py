"""The Django app of the figures."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class InsightConfig(AppConfig):
    """What was sold, how fast it went out, what was looked for: figures for each day, and their page in the admin."""

    name = "shop.insight"
    verbose_name = _("Insight")

    def ready(self) -> None:
        """Hear of carts that begin, and of searches that find nothing."""
        from shop.cart import carts
        from shop.catalog import search
        from shop.insight import begun_carts, missed_searches

        carts.begun.append(begun_carts.note)
        search.missed.append(missed_searches.note)
