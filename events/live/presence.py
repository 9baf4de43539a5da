"""How many sockets there are, in all web processes: each says its own number with its canary, and hears the others'."""

import time

FRESH = 3.0
_last_heartbeat: dict[str, tuple[int, float]] = {}


def note(process: str, sockets: int) -> None:
    """A process has so many."""
    now = time.monotonic()
    _last_heartbeat[process] = (sockets, now)
    for name in [name for name, (_, at) in _last_heartbeat.items() if now - at > FRESH]:
        del _last_heartbeat[name]


def sockets() -> int:
    """All that were heard of in the last seconds."""
    now = time.monotonic()
    return sum(count for count, at in _last_heartbeat.values() if now - at <= FRESH)
