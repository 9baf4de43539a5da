"""The Django app of vouchers."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class VouchersConfig(AppConfig):
    """Vouchers, promotions and their claims."""

    name = "shop.vouchers"
    verbose_name = _("Vouchers")
