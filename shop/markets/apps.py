"""The Django app of markets."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class MarketsConfig(AppConfig):
    """Markets and tax rates."""

    name = "shop.markets"
    verbose_name = _("Markets")

    def ready(self) -> None:
        """Read markets and rates again after a change."""
        from shop.markets import places
        from shop.markets.models import Market, TaxRate

        places.open_markets.forget_with(Market)
        places.rates_for.forget_with(TaxRate)
