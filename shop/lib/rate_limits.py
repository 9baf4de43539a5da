"""How often somebody may do something: counted in the shared cache, so in all processes together."""

import hashlib
import time

from django.core.cache import cache


def exceeded(action: str, who: str, most: int, seconds: int = 3600) -> bool:
    """Count one more `action` of `who` in this window of `seconds`; whether that is more than `most`. 0: no limit."""
    if not most:
        return False
    window = int(time.time() // seconds)
    key = f"limit:{action}:{window}:{hashlib.sha256(who.encode()).hexdigest()[:32]}"
    cache.add(key, 0, seconds)
    try:
        return cache.incr(key) > most
    except ValueError:  # it expired in between
        return False
