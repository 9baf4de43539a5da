"""Named places where a test can kill, stop or break the process. In production each place costs one `if`.

`EVENT_FAILPOINT` is `place` or `place@file` (once, while that file exists), with an optional action: `:kill` (SIGKILL,
the default), `:stop` (SIGSTOP, like a suspended machine) or `:raise`.
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
    "processing.before_handler",
    "processing.after_handler",
    "processing.after_commit",
    "live.before_push",
)


class FailpointReached(RuntimeError):
    """`EVENT_FAILPOINT` names this place with `:raise`."""


_armed, _, _action = os.environ.get("EVENT_FAILPOINT", "").partition(":")


def reach(name: str) -> None:
    """Do what `EVENT_FAILPOINT` says for the place `name`."""
    if _armed:
        place, _, flag = _armed.partition("@")
        if place == name and _take(flag):
            if _action == "raise":
                raise FailpointReached(name)
            os.kill(os.getpid(), signal.SIGSTOP if _action == "stop" else signal.SIGKILL)
            time.sleep(0.1)  # another thread may take the signal; this one must not continue meanwhile


def _take(flag: str) -> bool:
    if not flag:
        return True
    try:
        os.unlink(flag)
    except FileNotFoundError:
        return False
    return True
