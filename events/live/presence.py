"""How many sockets there are, in all web processes: each says its own number with its canary, and hears the others'."""

import time

FRESH = 3.0
_heard: dict[str, tuple[int, float]] = {}


def note(process: str, sockets: int) -> None:
    """A process has so many."""
    now = time.monotonic()
    _heard[process] = (sockets, now)
    for name in [name for name, (_, at) in _heard.items() if now - at > FRESH]:
        del _heard[name]


def sockets() -> int:
    """All that were heard of in the last seconds."""
    now = time.monotonic()
    return sum(count for count, at in _heard.values() if now - at <= FRESH)
