"""Web Push: news of an order for a browser whose tab is closed.

The body is encrypted for that browser (RFC 8291), the shop says who it is with a VAPID key (RFC 8292), and the browser's own push
service carries it. Push services are reached by an address that the browser names – so a stranger names it, and only known services
are believed. What is sent there is in `orders.notifications.webpush_sending`.
"""

import base64
import binascii
import hashlib
import ipaddress
from functools import cache
from urllib.parse import urlsplit

import msgspec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from django.conf import settings
from py_vapid import Vapid02

from orders.models import Order, PushSubscription

TOLD = ("order.paid", "order.shipped", "order.out_for_delivery", "order.delivered", "order.cancelled", "order.refunded")
MOST = 20
"""Browsers that may be told of one order."""
_P256 = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551


class BadSubscription(ValueError):
    """What a browser sent is no subscription, or of no push service that we know."""


class Keys(msgspec.Struct):
    """The browser's public key and its shared secret, base64url."""

    p256dh: str
    auth: str


class Subscription(msgspec.Struct):
    """`PushSubscription.toJSON()` (https://www.w3.org/TR/push-api/)."""

    endpoint: str
    keys: Keys


_decoder = msgspec.json.Decoder(Subscription)  # made here for the reason in `events.log.types`


@cache
def _vapid(configured: str, secret: str) -> Vapid02:
    if configured:
        return Vapid02.from_string(configured)
    # From the site's secret, so that there is nothing more to keep: a number from 1 to the order of the curve.
    number = int.from_bytes(hashlib.sha512(f"webpush:{secret}".encode()).digest()) % (_P256 - 1) + 1
    return Vapid02.from_raw(base64.urlsafe_b64encode(number.to_bytes(32)))


def vapid() -> Vapid02:
    """The shop's key."""
    return _vapid(settings.WEBPUSH_KEY, settings.SECRET_KEY)


def public_key() -> str:
    """As `pushManager.subscribe` wants it: base64url of the uncompressed point."""
    point = vapid().public_key.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    return base64.urlsafe_b64encode(point).rstrip(b"=").decode()


def parse(raw: bytes) -> Subscription:
    """A subscription as a browser sends it. Raises `BadSubscription` with what is wrong."""
    try:
        found = _decoder.decode(raw)
    except (msgspec.MsgspecError, UnicodeDecodeError) as problem:
        raise BadSubscription(f"This is no subscription: {problem}") from problem
    if len(found.endpoint) > 1000:
        raise BadSubscription("The endpoint is too long.")
    for name, value, length in (("p256dh", found.keys.p256dh, 65), ("auth", found.keys.auth, 16)):
        try:
            size = len(base64.urlsafe_b64decode(value + "=" * (-len(value) % 4)))
        except (ValueError, binascii.Error):
            size = 0
        if size != length:
            raise BadSubscription(f"The key {name} must have {length} bytes.")
    if not known_service(found.endpoint):
        raise BadSubscription("This push service is not known here.")
    return found


def known_service(endpoint: str) -> bool:
    """Whether the address is of a push service in `WEBPUSH_HOSTS`: by https, by name, on the usual port. (A loopback address that is
    listed may be plain: for a service on the same machine.)"""
    try:
        parts = urlsplit(endpoint)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        return False
    if host not in settings.WEBPUSH_HOSTS and not any(host.endswith(f".{known}") for known in settings.WEBPUSH_HOSTS):
        return False
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return parts.scheme == "https" and port in (None, 443) and not parts.username


def subscribe(order: Order, subscription: Subscription, language: str) -> None:
    """Tell this browser of the order from now on; the oldest of too many is forgotten."""
    values = {"p256dh": subscription.keys.p256dh, "auth": subscription.keys.auth, "language": language}
    PushSubscription.objects.update_or_create(order=order, endpoint=subscription.endpoint, defaults=values)
    kept = order.push_subscriptions.order_by("-pk").values_list("pk", flat=True)[:MOST]
    order.push_subscriptions.exclude(pk__in=list(kept)).delete()


def unsubscribe(order: Order, endpoint: str) -> None:
    """Not any more."""
    order.push_subscriptions.filter(endpoint=endpoint).delete()


def anybody_asked(ref: str) -> bool:
    """Whether there is a browser to tell of this order."""
    return PushSubscription.objects.filter(order__ref=ref).exists()
