"""How many sockets there may be, in all and of one address or person, and how fast new ones may come.

All of this is counted in one web process.
"""

from collections import Counter
from collections.abc import Hashable

from django.conf import settings

BURST = 2.0
LONGEST = 20.0
EVERYBODY, ANONYMOUS = "everybody", "anonymous"
"""What all sockets are counted by, and those of visitors without an account and without an access link."""


class Limits:
    """Counts of a hub. `now` is any monotonic clock, in seconds."""

    def __init__(self) -> None:
        self._rate: float = settings.LIVE_CONNECT_RATE
        self._free = 0.0
        """Until when the rate is used up by the sockets that were let in: each takes 1 / rate of a second."""
        self._turn = 0.0
        """The last turn that was given to a socket that was sent away."""
        self._counts: Counter[Hashable] = Counter()

    def wait(self, now: float) -> int:
        """0 if a new socket may come in now, else the milliseconds until its turn. Sockets for `BURST` seconds may come
        at once."""
        self._free = max(self._free, now)
        if self._free - now > BURST:
            self._turn = min(max(self._turn, now + BURST) + 1 / self._rate, now + LONGEST)
            return int((self._turn - now) * 1000)
        self._free += 1 / self._rate
        return 0

    def enter(self, who: Hashable, most: float) -> bool:
        """Count one more of `who`. False, and not counted, if there are `most` already."""
        if self._counts[who] >= most:
            return False
        self._counts[who] += 1
        return True

    def leave(self, who: Hashable) -> None:
        self._counts[who] -= 1
        if self._counts[who] <= 0:
            del self._counts[who]


class Places:
    """What one socket is counted by."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._taken: list[Hashable] = []

    def take(self, who: Hashable, most: float) -> bool:
        """Count the socket as one of `who`; False if there are `most` already."""
        if not self._limits.enter(who, most):
            return False
        self._taken.append(who)
        return True

    def release(self) -> None:
        """The socket is closed."""
        for who in self._taken:
            self._limits.leave(who)
        self._taken.clear()
