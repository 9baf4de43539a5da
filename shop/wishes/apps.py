"""The Django app of what shoppers want and did not buy yet."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class WishesConfig(AppConfig):
    """Mails about what is back in stock."""

    name = "shop.wishes"
    verbose_name = _("Wishes")
