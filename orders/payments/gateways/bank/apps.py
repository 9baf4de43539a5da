"""The Django app of bank transfers."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class BankTransferConfig(AppConfig):
    """Money that the shopper's bank sends to the shop's."""

    name = "orders.payments.gateways.bank"
    label = "banktransfer"
    gateway = "orders.payments.gateways.bank.gateway.BankTransfer"
    verbose_name = _("Bank transfer")
