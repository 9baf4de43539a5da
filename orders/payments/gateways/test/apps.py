from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class TestGatewayConfig(AppConfig):
    name = "orders.payments.gateways.test"
    label = "testgateway"
    gateway = "orders.payments.gateways.test.gateway.TestGateway"
    verbose_name = _("Test gateway")
