"""The Django app of the staff."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class StaffConfig(AppConfig):
    """Roles, the side bar of the admin, and the trail of what staff did."""

    name = "shop.staff"
    verbose_name = _("Staff")

    def ready(self) -> None:
        """Begin to record what staff change, to shorten their sessions, and to end those of who leaves."""
        from shop.staff import second_factor, sessions, trail

        trail.connect()
        second_factor.connect()
        sessions.connect()
