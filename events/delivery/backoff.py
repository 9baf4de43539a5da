"""How long to wait after a failure, and when to give up. The waits are random, so that many failures do not come back
at once."""

import random
from datetime import timedelta
from functools import lru_cache

BASE = 0.5  # seconds
CAP = 300.0  # seconds


def after_failure(attempts: int) -> timedelta:
    """The wait after failure number `attempts` (1, 2, …): anywhere between 0 and min(CAP, BASE · 2^attempts) seconds.

    Full jitter, as in "Exponential Backoff And Jitter" (Marc Brooker, AWS, 2015).
    """
    return timedelta(seconds=random.uniform(0, _longest(attempts)))


@lru_cache
def attempts_in(hours: float) -> int:
    """How many attempts it takes until the waits between them add up to `hours`, on average."""
    attempts, waited = 1, 0.0
    while waited < hours * 3600:
        waited += _longest(attempts) / 2  # the mean of a wait
        attempts += 1
    return attempts


def _longest(attempts: int) -> float:
    return min(CAP, BASE * 2.0 ** min(attempts, 20))


def next_notification(notifications: int, *, base: float, cap: float) -> timedelta:
    """How long the relay waits after notification number `notifications` before the next: it doubles up to `cap`, ± 25
    %.

    Without the jitter, two handlers of one event would be notified in the same moment every time.
    """
    return timedelta(seconds=min(cap, base * 2.0 ** min(notifications, 10)) * random.uniform(0.75, 1.25))
