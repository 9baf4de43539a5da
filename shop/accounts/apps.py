"""The Django app of accounts."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class AccountsConfig(AppConfig):
    """Users and their mail addresses."""

    name = "shop.accounts"
    verbose_name = _("People")

    def ready(self) -> None:
        """Forget kept names when somebody changes."""
        from shop.accounts import names

        names.connect()
