"""Django's system checks of what an installation needs to sell.

`manage.py check --database default` and `manage.py migrate` run them.
"""

from collections.abc import Sequence
from typing import Any

from django.core.checks import CheckMessage, Tags, Warning, register
from django.db.utils import Error

from orders.models import DeliveryMethod


@register(Tags.database)
def delivery_methods(databases: Sequence[str] | None, **_: Any) -> list[CheckMessage]:
    """Without a delivery method, checkout refuses every order."""
    if not databases:
        return []
    try:
        if DeliveryMethod.objects.filter(active=True).exists():
            return []
    except Error:
        return []  # the tables are not there yet
    return [
        Warning(
            "There is no active delivery method, so no order can be placed.",
            hint="Run `manage.py first_steps`, or add one in the admin under Delivery methods.",
            id="shop.W001",
        )
    ]
