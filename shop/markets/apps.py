"""The Django app of markets."""

from django.apps import AppConfig
from django.db.models.signals import post_delete, post_save
from django.utils.translation import gettext_lazy as _


class MarketsConfig(AppConfig):
    """Markets and tax rates."""

    name = "shop.markets"
    verbose_name = _("Markets")

    def ready(self) -> None:
        from shop.markets import places
        from shop.markets.models import Market

        for signal in (post_save, post_delete):
            signal.connect(places.forget, sender=Market, dispatch_uid="markets.forget")
