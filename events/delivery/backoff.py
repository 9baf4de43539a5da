"""How long to wait after a failure: exponential with full jitter, so that a crowd does not come back at once."""

import random
from datetime import timedelta


def after_failure(attempts: int, *, base: float = 0.5, cap: float = 300.0) -> timedelta:
    """The wait after failure number `attempts` (1, 2, …): uniform in 0 … min(cap, base · 2^attempts) seconds.

    Full jitter, as in "Exponential Backoff And Jitter" (Marc Brooker, AWS, 2015).
    """
    return timedelta(seconds=random.uniform(0, min(cap, base * 2.0 ** min(attempts, 20))))


def next_notification(notifications: int, *, base: float, cap: float) -> timedelta:
    """How long the relay leaves a delivery it rang for `rings` times before it rings again: growing, give or take a quarter.

    The jitter keeps apart what was emitted together: two handlers of one event must not always be begun in the same moment.
    """
    return timedelta(seconds=min(cap, base * 2.0 ** min(notifications, 10)) * random.uniform(0.75, 1.25))
