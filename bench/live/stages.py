"""Where the milliseconds go: each process notes when a change passes a place in it.

For the part `stages` alone, as noting costs time.

With `BENCH_STAGES` in its environment a process appends lines `place, topic, number, seconds since the epoch` to that
file.
"""

import os
import statistics
import time
from collections.abc import Callable, Iterable
from functools import wraps
from typing import Any

FILE = "BENCH_STAGES"

Key = tuple[str, int]

COMMIT, NOTIFYING, TASK, PUBLISHING, RECEIVED, FRAME = "commit", "notifying", "task", "publishing", "received", "frame"
WORDS = {
    COMMIT: "the COMMIT is over",
    NOTIFYING: "the publisher's thread is awake",
    TASK: "the task begins: a message composed, signed, sent, taken by Celery",
    PUBLISHING: "it publishes: the message verified, the event opened",
    RECEIVED: "the web process has it, through Valkey and the channel layer",
    FRAME: "the browser's event loop has the frame: verified, opened, put in words, written",
}
"""What each place is the end of, in order; it began with the one before, the first before the COMMIT."""


TOGETHER = "together"


def note(place: str, keys: Iterable[Key]) -> None:
    """These changes are here now."""
    now = time.time()
    line = "".join(f"{place} {topic} {number} {now}\n" for topic, number in keys)
    file = os.open(os.environ[FILE], os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    os.write(file, line.encode())
    os.close(file)


def _noted(place: str, keys: Callable[..., Iterable[Key]], function: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(function)
    def noting(*args: Any, **kwargs: Any) -> Any:
        note(place, keys(*args, **kwargs))
        return function(*args, **kwargs)

    return noting


def install() -> None:
    """In a process of the shop: note where the way of a push passes."""
    from celery.signals import task_prerun

    from events.delivery import broker
    from events.live import hub, layer

    def keys_of(message: dict[str, Any]) -> list[Key]:
        return [(message["topic"], message["header"][2])] if "header" in message else []

    def begins(kwargs: dict[str, Any], **_: Any) -> None:
        if kwargs.get("handler") == "live":
            note(TASK, [(kwargs["stream"], kwargs["seq"])])

    task_prerun.connect(begins, weak=False)
    broker._Sender.send = _noted(  # type: ignore[method-assign]
        NOTIFYING,
        lambda _, wake_ups: [(h.header.stream, h.header.seq) for h in wake_ups if h.handler == "live"],
        broker._Sender.send,
    )
    layer.publish = _noted(PUBLISHING, lambda messages: [k for _, m in messages for k in keys_of(m)], layer.publish)
    hub.Hub._pass = _noted(RECEIVED, lambda hub, topic, message: keys_of(message), hub.Hub._pass)  # type: ignore[method-assign]


def read(changes: Iterable[tuple[str, int, float, float, float]], frames: dict[Key, float]) -> dict[str, float]:
    """Of the changes (topic, number, due, before COMMIT, after it) that were seen at `frames`: milliseconds to each
    place from the one before, medians.

    A place that no process of the system knows is left out; what is spent there is in the next.
    """
    passed: dict[Key, dict[str, float]] = {}
    with open(os.environ[FILE]) as file:
        for line in file:
            place, topic, number, at = line.split()
            passed.setdefault((topic, int(number)), {}).setdefault(place, float(at))
    spent: dict[str, list[float]] = {}
    for topic, number, _, before, after in changes:
        key = topic, number
        if key not in frames:  # a later one overtook it
            continue
        times = passed.get(key, {}) | {COMMIT: after, FRAME: frames[key]}
        last = before
        for place in WORDS:
            if place in times:
                spent.setdefault(place, []).append(1000 * (times[place] - last))
                last = times[place]
        spent.setdefault(TOGETHER, []).append(1000 * (frames[key] - before))
    return {place: round(statistics.median(values), 3) for place, values in spent.items()}
