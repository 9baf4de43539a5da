"""Which messages of an order a member can switch off, by kind and way.

What is a confirmation by law or contract cannot be: the order, its cancellation, money that goes back, documents,
links, and another address.
"""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


@dataclass(frozen=True)
class Kind:
    """One kind of message: the events of which a mail tells, and those that are pushed to a browser."""

    key: str
    title: Promise
    mails: tuple[str, ...]
    pushes: tuple[str, ...]


_SENT = ("order.partly_shipped", "parcel.sent", "order.shipped")

KINDS: tuple[Kind, ...] = (
    Kind("paid", _("Your payment has arrived"), ("order.paid",), ("order.paid",)),
    Kind("sent", _("Your parcel is on its way"), _SENT, _SENT),
    Kind("courier", _("The courier has your parcel"), (), ("order.out_for_delivery",)),
    Kind("later", _("It will be later than we said"), ("order.delayed",), ("order.delayed",)),
    Kind("trouble", _("Something is wrong with your parcel"), ("parcel.scanned",), ("parcel.scanned",)),
    Kind("arrived", _("Your parcel has arrived"), ("order.delivered",), ("order.delivered",)),
)

KEYS: tuple[str, ...] = tuple(
    f"{way}:{kind.key}" for kind in KINDS for way, types in (("mail", kind.mails), ("push", kind.pushes)) if types
)
"""What `User.silenced` can hold."""

_KEY_OF = {
    (way, event): f"{way}:{kind.key}"
    for kind in KINDS
    for way, types in (("mail", kind.mails), ("push", kind.pushes))
    for event in types
}


def wanted(person: Any, way: str, event_type: str) -> bool:
    """Whether this person (None: a guest) wants to be told of such an event by mail or push."""
    return person is None or _KEY_OF.get((way, event_type)) not in person.silenced


def shown(silenced: Collection[str]) -> list[dict[str, Any]]:
    """The rows of the page: each kind with its two ways, None where there is no such message."""
    return [
        {
            "title": kind.title,
            "mail": {"key": f"mail:{kind.key}", "on": f"mail:{kind.key}" not in silenced} if kind.mails else None,
            "push": {"key": f"push:{kind.key}", "on": f"push:{kind.key}" not in silenced} if kind.pushes else None,
        }
        for kind in KINDS
    ]
