"""The Django app of the demo."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class DemoConfig(AppConfig):
    """Demo content, its mailbox and the simulator."""

    name = "shop.demo"
    verbose_name = _("Demo")
