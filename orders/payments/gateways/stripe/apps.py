"""The Django app of Stripe."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class StripeConfig(AppConfig):
    """Payments by Stripe's hosted Checkout."""

    name = "orders.payments.gateways.stripe"
    label = "stripegateway"
    gateway = "orders.payments.gateways.stripe.gateway.Stripe"
    verbose_name = _("Stripe")
