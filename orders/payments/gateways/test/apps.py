"""The Django app of the test gateway."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class TestGatewayConfig(AppConfig):
    """A gateway with tables of its own; `gateway` is the class that `PAYMENT_GATEWAY` may name."""

    name = "orders.payments.gateways.test"
    label = "testgateway"
    gateway = "orders.payments.gateways.test.gateway.TestGateway"
    verbose_name = _("Test gateway")
