from typing import Any

from django.apps import AppConfig, apps
from django.db.models.signals import post_migrate


def _roles(**_: Any) -> None:
    from shop.staff.roles import create_roles

    create_roles()


class ShopConfig(AppConfig):
    name = "shop"

    def ready(self) -> None:
        """Create the roles after each migrate."""
        # After the last app that has models: then every permission exists. (Django sends nothing for apps without.)
        last = [app for app in apps.get_app_configs() if app.models_module][-1]
        post_migrate.connect(_roles, sender=last, dispatch_uid="shop.staff.roles")
