"""The keys that sign and encrypt events. The first key of a list is active; the others still verify and decrypt."""

import base64
import binascii
from dataclasses import dataclass
from functools import lru_cache

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

SHORTEST_KEY = 16  # bytes; 32 recommended


@dataclass(frozen=True)
class KeyRing:
    """Keys by id (`kid`). New events use the key `active`; it is "" when there are no keys."""

    active: str
    keys: dict[str, bytes]


def parse(setting: str, value: str, sizes: tuple[int, ...] | None = None) -> KeyRing:
    """Read `kid:base64,kid:base64`. Raises `ImproperlyConfigured`, naming the setting and the kid, never the key."""
    keys: dict[str, bytes] = {}
    for part in filter(None, (part.strip() for part in value.split(","))):
        kid, colon, encoded = part.partition(":")
        if not colon or not kid or len(kid) > 40 or not kid.replace("-", "").replace("_", "").isalnum():
            raise ImproperlyConfigured(f"{setting} must read kid:base64, comma-separated.")
        try:
            key = base64.b64decode(encoded, validate=True)
        except binascii.Error:
            raise ImproperlyConfigured(f"{setting}: the key {kid!r} is not base64.") from None
        if kid in keys:
            raise ImproperlyConfigured(f"{setting}: the key id {kid!r} is there twice.")
        if len(key) < SHORTEST_KEY or (sizes and len(key) not in sizes):
            wanted = " or ".join(map(str, sizes)) if sizes else f"at least {SHORTEST_KEY}"
            raise ImproperlyConfigured(f"{setting}: the key {kid!r} has {len(key)} bytes; it needs {wanted}.")
        keys[kid] = key
    return KeyRing(active=next(iter(keys), ""), keys=keys)


@lru_cache(maxsize=8)
def _signing(value: str) -> KeyRing:
    return parse("EVENT_SIGNING_KEYS", value)


@lru_cache(maxsize=8)
def _encryption(value: str) -> KeyRing:
    return parse("EVENT_ENCRYPTION_KEYS", value, sizes=(16, 24, 32))


def signing() -> KeyRing:
    """The keys of EVENT_SIGNING_KEYS."""
    return _signing(settings.EVENT_SIGNING_KEYS)


def encryption() -> KeyRing:
    """The keys of EVENT_ENCRYPTION_KEYS. Without keys, bodies are stored in clear text."""
    return _encryption(settings.EVENT_ENCRYPTION_KEYS)


def check(signing_value: str, encryption_value: str) -> None:
    """Check both settings at start. Raises `ImproperlyConfigured`."""
    if not _signing(signing_value).active:
        raise ImproperlyConfigured("EVENT_SIGNING_KEYS holds no key.")
    _encryption(encryption_value)
