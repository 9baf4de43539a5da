"""The Django app of the members' pages."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class MembersConfig(AppConfig):
    """The account: addresses, sign-in, notifications, and what is known of its owner."""

    name = "shop.members"
    verbose_name = _("Members")
