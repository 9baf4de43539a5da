"""Access links: signed addresses by which somebody reaches an order without an account.

A link has one of two strengths. With `ACT` a guest also pays, cancels and sees the address. With `LOOK` somebody to
whom the order was shown watches it move, and sees neither address nor prices. All links of an order end when its
`link_version` changes.
"""

from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum

from django.conf import settings
from django.core import signing
from django.urls import reverse

from events.log.stream_names import StreamName
from orders.models import Order

_SALT = "order-link"
DAYS = 90  # long enough for a return, short enough for a mailbox that changes hands
GRANT_SECONDS = 14 * 86_400
"""How long a browser that came by a link may use it without the link."""


class Strength(StrEnum):
    """What a link allows."""

    ACT = "act"
    LOOK = "look"


@dataclass(frozen=True)
class Link:
    """What a token says. Whether its version is still that of the order is for the caller to compare."""

    ref: str
    version: int
    strength: Strength


class ExpiredLink(ValueError):
    """The signature is right, and the link is older than `DAYS` days."""


class ForgedLink(ValueError):
    """The signature is wrong."""


def token(order: Order, strength: Strength = Strength.ACT) -> str:
    """A new token of an order, good for `DAYS` days."""
    return signing.dumps([order.ref, order.link_version, strength], salt=_SALT)


def path(order: Order, strength: Strength = Strength.ACT) -> str:
    """Where the link leads to."""
    return reverse("orders:track", args=[token(order, strength)])


def url(order: Order, strength: Strength = Strength.ACT) -> str:
    """The same with the site's address, for mails."""
    return f"{settings.SITE_URL}{path(order, strength)}"


def read(tracking_token: str) -> Link:
    """What a token allows. Raises `ExpiredLink`, `ForgedLink`."""
    try:
        ref, version, strength = signing.loads(tracking_token, salt=_SALT, max_age=DAYS * 86_400)
        return Link(ref, version, Strength(strength))
    except signing.SignatureExpired:
        raise ExpiredLink from None
    except (signing.BadSignature, ValueError, TypeError):
        raise ForgedLink from None


def grants(stream: str, version: int) -> set[str]:
    """The names of all that links of this order can open, whatever their strength."""
    return {grant(stream, version, strength) for strength in Strength}


def ended(given: Collection[str]) -> set[str]:
    """Those of these grants whose links were ended since. One query."""
    parts = {name: name.rsplit("/", 2) for name in given if name.count("/") == 2}
    refs = {StreamName.parse(stream).key for stream, _, _ in parts.values()}
    versions = dict(Order.objects.filter(ref__in=refs).values_list("ref", "link_version"))
    return {
        name
        for name, (stream, version, _) in parts.items()
        if str(versions.get(StreamName.parse(stream).key)) != version
    }


def grant(stream: str, version: int, strength: Strength) -> str:
    """The name under which a session keeps that a link has opened this order. Links that ended open nothing."""
    return f"{stream}/{version}/{strength}"
