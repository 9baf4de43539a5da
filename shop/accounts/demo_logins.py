"""The demo's three logins, whose password everybody knows. They cannot be used outside the demo."""

from typing import Any

from django.conf import settings
from django.contrib.auth.hashers import PBKDF2PasswordHasher, check_password
from django.db import transaction
from django.db.models import QuerySet

from shop.accounts.models import User

SHOPPER, STAFF, ADMIN = EMAILS = ("shopper@example.com", "staff@example.com", "admin@example.com")
PASSWORD = "demo"  # noqa: S105 - the demo says so on its front page


class DemoHasher(PBKDF2PasswordHasher):
    """Hashes the passwords that are set in the demo. Outside the demo no password fits such a hash."""

    algorithm = "demo_pbkdf2_sha256"

    def verify(self, password: str, encoded: str) -> bool:
        """As PBKDF2 does, in the demo; otherwise false, in the same time."""
        return super().verify(password, encoded) and bool(settings.DEMO)

    def must_update(self, encoded: str) -> bool:
        """Outside the demo nothing verifies, so nothing is to be updated."""
        return bool(settings.DEMO) and super().must_update(encoded)


def active() -> list[str]:
    """Addresses of demo logins that are active, with the demo's password or one that was set in the demo."""
    return [user.email for user in _logins().filter(is_active=True) if _from_the_demo(user.password)]


def remove() -> list[str]:
    """Deactivate the demo logins, and take their passwords and rights away. Returns their addresses."""
    with transaction.atomic():
        found = list(_logins().select_for_update())
        for user in found:
            user.is_active = user.is_staff = user.is_superuser = False
            user.set_unusable_password()
            user.save(update_fields=["is_active", "is_staff", "is_superuser", "password"])
            user.groups.clear()
    return [user.email for user in found]


def _logins() -> QuerySet[User]:
    return User.objects.filter(email__in=EMAILS).order_by("pk")


def _from_the_demo(encoded: Any) -> bool:
    return encoded.startswith(f"{DemoHasher.algorithm}$") or check_password(PASSWORD, encoded)
