"""The Django app of orders."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class OrdersConfig(AppConfig):
    """Checkout, orders, payments, parcels and the board."""

    name = "orders"
    verbose_name = _("Orders")
