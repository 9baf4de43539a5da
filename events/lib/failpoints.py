"""Named places where a test may end, stop or break the process. In production the variable is unset and a place costs one `if`.

`EVENT_FAILPOINT` reads `place`, `place@file` (once, while that file exists), either with `:kill` (SIGKILL, the default),
`:stop` (SIGSTOP, as a machine that is suspended), or `:raise`.
"""

import os
import signal
import time

PLACES = (
    "outbox.before_commit",
    "outbox.after_commit",
    "publisher.before_send",
    "relay.claimed",
    "relay.publishing",
    "drain.before_handler",
    "drain.after_handler",
    "drain.after_commit",
    "live.before_push",
)


class FailpointReached(RuntimeError):
    """The process was told to fail here."""


_armed, _, _action = os.environ.get("EVENT_FAILPOINT", "").partition(":")


def reach(name: str) -> None:
    """Do what `EVENT_FAILPOINT` says of `name`; nothing, if it says nothing."""
    if _armed:
        place, _, flag = _armed.partition("@")
        if place == name and _take(flag):
            if _action == "raise":
                raise FailpointReached(name)
            os.kill(os.getpid(), signal.SIGSTOP if _action == "stop" else signal.SIGKILL)
            time.sleep(0.1)  # another thread may take the signal: this one must not run on until it has


def _take(flag: str) -> bool:
    if not flag:
        return True
    try:
        os.unlink(flag)
    except FileNotFoundError:
        return False
    return True
