"""Signed webhooks of the demo's own companies: `t=<unix seconds>,v1=<hex HMAC-SHA256 of "t.body">`."""

import hashlib
import hmac
import time

from django.utils.crypto import salted_hmac

TOLERANCE = 300
"""Seconds that a signature is good for, against replays."""


class WrongSignature(ValueError):
    """There is none, it does not fit, or it is too old."""


def sign(salt: str, body: bytes, at: int | None = None) -> str:
    """The value of the header. The key is made from SECRET_KEY and `salt`."""
    stamp = int(time.time()) if at is None else at
    secret = salted_hmac(salt, "", algorithm="sha256").digest()
    return f"t={stamp},v1={hmac.new(secret, f'{stamp}.'.encode() + body, hashlib.sha256).hexdigest()}"


def check(salt: str, body: bytes, signature: str) -> None:
    """Raises `WrongSignature`."""
    parts = dict(part.partition("=")[::2] for part in signature.split(","))
    stamp = parts.get("t", "")
    if not (stamp.isascii() and stamp.isdigit() and len(stamp) < 12):
        raise WrongSignature("no signature")
    if not hmac.compare_digest(sign(salt, body, int(stamp)).encode(), signature.encode()):
        raise WrongSignature("the signature does not fit")
    if abs(time.time() - int(stamp)) > TOLERANCE:
        raise WrongSignature("the signature is too old")
