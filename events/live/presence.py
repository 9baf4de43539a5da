"""How many sockets all web processes have.

Each process sends its number with its heartbeat, and receives the others'.
"""

import time

FRESH = 3.0
_last_heartbeat: dict[str, tuple[int, float]] = {}


def note(process: str, sockets: int) -> None:
    """Note how many sockets a process has."""
    now = time.monotonic()
    _last_heartbeat[process] = (sockets, now)
    for name in [name for name, (_, at) in _last_heartbeat.items() if now - at > FRESH]:
        del _last_heartbeat[name]


def sockets() -> int:
    """The sockets of all processes whose heartbeat came in the last `FRESH` seconds."""
    now = time.monotonic()
    return sum(count for count, at in _last_heartbeat.values() if now - at <= FRESH)
