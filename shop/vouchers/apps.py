"""The Django app of vouchers."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class VouchersConfig(AppConfig):
    """Vouchers, promotions and their claims."""

    name = "shop.vouchers"
    verbose_name = _("Vouchers")

    def ready(self) -> None:
        """Read the promotions again after a change, and keep the categories that they need."""
        from shop.catalog import removal
        from shop.vouchers import offers
        from shop.vouchers.models import Promotion

        offers.for_everybody.forget_with(Promotion, Promotion.products.through, Promotion.categories.through)
        removal.objections.append(offers.only_for)
