"""How often somebody may do something: counted in the shared cache, so in all processes together."""

import hashlib
import time
from typing import cast

from django.core.cache import cache

from shop.lib.cache import SharedCache


def exceeded(action: str, who: str, most: int, seconds: int = 3600) -> bool:
    """Count one more `action` of `who` in this window of `seconds`; whether that is more than `most`. 0: no limit."""
    if not most:
        return False
    window = int(time.time() // seconds)
    name = f"limit:{action}:{window}:{hashlib.sha256(who.encode()).hexdigest()[:32]}"
    return cast(SharedCache, cache).count(name, seconds) > most
