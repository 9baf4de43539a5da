"""Web Push: news of an order for a browser whose tab is closed.

The body is encrypted for that browser (RFC 8291), the shop says who it is with a VAPID key (RFC 8292), and the
browser's own push service carries it. Push services are reached by an address that the browser names – so a stranger
names it, and only known services are believed. What is sent there is in `orders.notifications.webpush_sending`.
"""

import base64
import hashlib
import re
from contextlib import suppress
from functools import cache

import msgspec
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from django.conf import settings
from py_vapid import Vapid02

from orders.models import Order, PushSubscription

TOLD = (
    "order.paid",
    "order.partly_shipped",
    "parcel.sent",
    "order.shipped",
    "order.out_for_delivery",
    "order.delayed",
    "parcel.scanned",
    "order.delivered",
    "order.cancelled",
    "order.refunded",
)
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
    return _vapid(settings.WEBPUSH_KEY, settings.SECRET_KEY)


def public_key() -> str:
    """As `pushManager.subscribe` wants it: base64url of the uncompressed point."""
    point = vapid().public_key.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    return base64.urlsafe_b64encode(point).rstrip(b"=").decode()


def parse(raw: bytes) -> Subscription:
    """A subscription as a browser sends it. Raises `BadSubscription` with what is wrong."""
    try:
        found = _decoder.decode(raw)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as problem:
        raise BadSubscription(f"This is no subscription: {problem}") from problem
    check(found)
    return found


def check(subscription: Subscription) -> None:
    """Raises `BadSubscription` for one that nothing can be sent to.

    Asked again when something is sent: a kept one may be older than a rule.
    """
    if len(subscription.endpoint) > 1000:
        raise BadSubscription("The endpoint is too long.")
    _key("auth", subscription.keys.auth, 16)
    point = _key("p256dh", subscription.keys.p256dh, 65)
    try:
        EllipticCurvePublicKey.from_encoded_point(SECP256R1(), point)
    except ValueError as problem:
        raise BadSubscription("The key p256dh is not a point of the curve P-256.") from problem
    if not known_service(subscription.endpoint):
        raise BadSubscription("This push service is not known here.")


def _key(name: str, text: str, length: int) -> bytes:
    """The bytes of a key. The decoder of Python passes over characters that are not base64; they are refused here."""
    if len(text) < 100 and re.fullmatch(r"[A-Za-z0-9_-]+={0,2}", text):
        with suppress(ValueError):
            decoded = base64.urlsafe_b64decode(text.rstrip("=") + "=" * (-len(text.rstrip("=")) % 4))
            if len(decoded) == length:
                return decoded
    raise BadSubscription(f"The key {name} must have {length} bytes.")


# One way to read an address, whichever library reads it: no user, no other port, nothing that only some of them take
# for the host's end.
_LABEL = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_PATH = r"(?:/(?:[A-Za-z0-9._~!$&'()*+,;=:/?-]|%[0-9A-Fa-f]{2})*)?"
_SERVICE = re.compile(rf"https://((?:{_LABEL}\.)+{_LABEL})(?::443)?{_PATH}")
_SAME_MACHINE = re.compile(rf"http://(127\.0\.0\.1|\[::1\])(?::[1-9][0-9]{{0,4}})?{_PATH}")


def known_service(endpoint: str) -> bool:
    """Whether the address is of a push service in `WEBPUSH_HOSTS`: by https, by name, on the usual port.

    (A loopback address that is listed is reached by http, on any port: a service on the same machine.)
    """
    if same := _SAME_MACHINE.fullmatch(endpoint):
        return same[1].strip("[]") in settings.WEBPUSH_HOSTS
    service = _SERVICE.fullmatch(endpoint)
    host = service[1] if service else ""
    return any(host == known or host.endswith(f".{known}") for known in settings.WEBPUSH_HOSTS)


def subscribe(order: Order, subscription: Subscription, language: str) -> None:
    """Tell this browser of the order from now on; the oldest of too many is forgotten."""
    values = {"p256dh": subscription.keys.p256dh, "auth": subscription.keys.auth, "language": language}
    PushSubscription.objects.update_or_create(order=order, endpoint=subscription.endpoint, defaults=values)
    kept = order.push_subscriptions.order_by("-pk").values_list("pk", flat=True)[:MOST]
    order.push_subscriptions.exclude(pk__in=list(kept)).delete()


def unsubscribe(order: Order, endpoint: str) -> None:
    order.push_subscriptions.filter(endpoint=endpoint).delete()


def anybody_asked(ref: str) -> bool:
    """Whether there is a browser to tell of this order."""
    return PushSubscription.objects.filter(order__ref=ref).exists()
