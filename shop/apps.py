from typing import Any

from django.apps import AppConfig
from django.db.models.signals import post_migrate


def _roles(**_: Any) -> None:
    from shop.roles import create_roles

    create_roles()


class ShopConfig(AppConfig):
    name = "shop"

    def ready(self) -> None:
        # Last of the installed apps: every model's permissions exist when this runs.
        post_migrate.connect(_roles, sender=self, dispatch_uid="shop.roles")
