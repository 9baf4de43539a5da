"""What a process must know before it works for a shop: each failure is one sentence for the operator.

`gateway` needs the apps, `demo_login` and `currency` the database. Every way to start a process passes here:
`manage.py`, `shop.asgi`, the workers.
"""

from collections.abc import Callable
from typing import Any, TypeVar

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import connections
from django.db.utils import Error
from django.utils.module_loading import import_string

from orders.payments.gateways import base
from orders.shipping.carriers.base import Carrier
from shop.accounts import demo_logins
from shop.catalog.models import Price
from shop.lib import environment

Found = TypeVar("Found")

UNCHECKED_COMMANDS = frozenset(
    {
        "help",
        "version",
        "check",
        "leave_demo",
        "migrate",
        "makemigrations",
        "showmigrations",
        "collectstatic",
        "sqlmigrate",
        "docs",
        "test",
    }
)
"""Commands of `manage.py` that work despite a demo login: they leave the shop's data alone, or end this state."""


def gateway() -> None:
    """PAYMENT_GATEWAY has payment gateways and, in production, such as move money. Raises `ImproperlyConfigured`."""
    names: set[str] = set()
    for path in settings.PAYMENT_GATEWAYS:
        try:
            found: Any = import_string(path)()
        except Exception as problem:
            raise ImproperlyConfigured(f"PAYMENT_GATEWAY {path!r} cannot be loaded: {problem}.") from problem
        if not isinstance(found, base.PaymentGateway):
            raise ImproperlyConfigured(
                f"PAYMENT_GATEWAY {path!r} is not a payment gateway: it does not inherit from PaymentGateway."
            )
        if not found.name or found.name in names:
            raise ImproperlyConfigured(f"PAYMENT_GATEWAY {path!r} has no name of its own.")
        names.add(found.name)
        if (missing := found.missing()) and settings.PRODUCTION:
            raise ImproperlyConfigured(f"PAYMENT_GATEWAY {path!r} needs {missing}, which is not set.")
        if found.origin:
            environment.origin(f"The origin of PAYMENT_GATEWAY {path!r}", found.origin)
        if settings.PRODUCTION and found.is_test:
            raise ImproperlyConfigured(
                f"PAYMENT_GATEWAY {path!r} moves no money. "
                "A production start needs a real gateway; to try the shop, set DEMO=1."
            )


def carriers() -> None:
    """CARRIERS has carriers, each with what it needs, and none of the demo's. Raises `ImproperlyConfigured`."""
    names: set[str] = set()
    for path in settings.CARRIERS:
        try:
            found: Any = import_string(path)()
        except Exception as problem:
            raise ImproperlyConfigured(f"CARRIERS: {path!r} cannot be loaded: {problem}.") from problem
        if not isinstance(found, Carrier):
            raise ImproperlyConfigured(f"CARRIERS: {path!r} is not a carrier: it does not inherit from Carrier.")
        if not found.name or found.name in names:
            raise ImproperlyConfigured(f"CARRIERS: {path!r} has no name of its own.")
        names.add(found.name)
        if missing := found.missing():
            raise ImproperlyConfigured(f"CARRIERS: {path!r} needs {missing}, which is not set.")
        if found.is_test and not settings.DEMO:
            raise ImproperlyConfigured(f"CARRIERS: {path!r} brings nothing: only the demo has it.")


def _in_database(look: Callable[[], Found]) -> Found | None:
    """What is found there; None with no database yet, or no table: whoever needs it says so."""
    try:
        return look()
    except Error:
        return None
    finally:
        connections.close_all()  # a worker forks, or changes to other threads: it must not take a connection along


def demo_login() -> None:
    """Refuse a start outside the demo while a demo login is active.

    Raises `ImproperlyConfigured`. A database that is away is for others to report.
    """
    if not settings.DEMO and (found := _in_database(demo_logins.active)):
        raise ImproperlyConfigured(
            f"The demo login {found[0]} is active, and everybody knows its password. Run `manage.py leave_demo` first."
        )


def currency() -> None:
    """Refuse a start with a currency that the prices are not in: no sum could be made.

    Raises `ImproperlyConfigured`. A database that is away is for others to report.
    """
    others = Price.objects.exclude(amount_currency__in=settings.CURRENCIES)
    if found := _in_database(others.values_list("amount_currency", flat=True).first):
        raise ImproperlyConfigured(
            f"CURRENCY is {settings.DEFAULT_CURRENCY}, but prices in the database are in {found}. "
            f"Set CURRENCY={found}, add {found} to MORE_CURRENCIES, or begin with another database: "
            "amounts cannot be converted."
        )


def valkey() -> None:
    """A process that is started by itself has a Redis. Raises `ImproperlyConfigured`."""
    if settings.EMBEDDED_VALKEY and settings.PRODUCTION and not settings.VALKEY_ADDRESS.exists():
        raise ImproperlyConfigured(
            "REDIS_URL is not set, and no `manage.py serve` runs with this DATA_DIR: set REDIS_URL=redis://host:6379/0."
        )


def for_a_process() -> None:
    """For web processes and workers."""
    valkey()
    demo_login()
    currency()


def for_a_command(name: str) -> None:
    """For `manage.py NAME`."""
    if name in UNCHECKED_COMMANDS or name.startswith("-"):
        return
    if name == "relay":
        valkey()
    demo_login()
    currency()
