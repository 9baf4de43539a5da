"""The Django app of the site itself."""

from typing import Any

from django.apps import AppConfig, apps
from django.conf import settings
from django.db.models.signals import post_migrate


def _roles(**_: Any) -> None:
    from shop.staff.roles import create_roles

    create_roles()


class ShopConfig(AppConfig):
    """Checks the gateway, compiles the translations, and connects what the layers must not import from each other."""

    name = "shop"

    def ready(self) -> None:
        from allauth.account.decorators import secure_admin_login
        from django.contrib import admin

        from orders.payments.gateways import base
        from shop.lib import headers, translations
        from shop.serve import installation_checks, start_checks  # noqa: F401 - Django's checks are registered by import

        start_checks.gateway()
        start_checks.carriers()
        headers.form_origins = lambda: [each.origin for each in base.every() if each.origin]
        compiled, source = settings.LOCALE_PATHS
        translations.compile_all(source, compiled)
        # Staff come in by the members' door: it counts wrong passwords.
        admin.site.login = secure_admin_login(admin.site.login)  # type: ignore[method-assign]
        # After the last app that has models: then every permission exists. (Django sends nothing for apps without.)
        last = [app for app in apps.get_app_configs() if app.models_module][-1]
        post_migrate.connect(_roles, sender=last, dispatch_uid="shop.staff.roles")
