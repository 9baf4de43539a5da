"""Named places where a test may end the process. In production the variable is unset and a place costs one `if`."""

import os
import signal

_armed = os.environ.get("EVENT_FAILPOINT", "")


def reach(name: str) -> None:
    """If `EVENT_FAILPOINT` is `name` (or `name@file`, once, while that file exists), SIGKILL this process here."""
    if _armed:
        place, _, flag = _armed.partition("@")
        if place == name and _take(flag):
            os.kill(os.getpid(), signal.SIGKILL)


def _take(flag: str) -> bool:
    if not flag:
        return True
    try:
        os.unlink(flag)
    except FileNotFoundError:
        return False
    return True
