"""Access links: a signed address by which a guest reaches an order without an account."""

from django.conf import settings
from django.core import signing
from django.urls import reverse

from orders.models import Order

_SALT = "track"
DAYS = 90  # long enough for a return, short enough for a mailbox that changes hands


class ExpiredLink(ValueError):
    """The signature is right, and the link is older than `DAYS` days."""


class ForgedLink(ValueError):
    """The signature is wrong."""


def token(order: Order) -> str:
    """The tracking token of an order."""
    return signing.dumps(order.ref, salt=_SALT)


def path(order: Order) -> str:
    """Where a guest watches the order."""
    return reverse("orders:track", args=[token(order)])


def url(order: Order) -> str:
    """The same with the site's address, for mails."""
    return f"{settings.SITE_URL}{path(order)}"


def ref_of(tracking_token: str) -> str:
    """The order's reference. Raises `ExpiredLink`, `ForgedLink`."""
    try:
        return str(signing.loads(tracking_token, salt=_SALT, max_age=DAYS * 86_400))
    except signing.SignatureExpired:
        raise ExpiredLink from None
    except signing.BadSignature:
        raise ForgedLink from None
