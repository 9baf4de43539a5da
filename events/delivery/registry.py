"""Handlers: functions that run on events. Declaring one is all a new reaction needs."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from events.log.envelope import Received

HandlerFunction = Callable[[Any], Any]
FastPathFunction = Callable[[Received], Any]


@dataclass(frozen=True)
class Handler:
    """A registered handler; see `handler` for the meaning of each part."""

    name: str
    function: HandlerFunction
    types: frozenset[str]
    queue: str
    external: bool = False
    after: timedelta = timedelta(0)
    batch: int = 0
    fast_path: FastPathFunction | None = None
    when: Callable[[str], bool] | None = None

    def wants(self, event_type: str) -> bool:
        """Whether it is to see events of this type."""
        return event_type in self.types or "*" in self.types


class DuplicateHandler(ValueError):
    """Two functions claim the same handler name; their deliveries would be told apart by nothing."""


_handlers: dict[str, Handler] = {}
_by_type: dict[str, tuple[Handler, ...]] = {}


def handler(
    *types: str,
    queue: str,
    name: str = "",
    external: bool = False,
    after: timedelta = timedelta(0),
    batch: int = 0,
    fast_path: FastPathFunction | None = None,
    when: Callable[[str], bool] | None = None,
) -> Callable[[HandlerFunction], HandlerFunction]:
    """Register a function to run on every event of `types` (`"*"` for all).

    - `queue` is one of `EVENT_QUEUES`; choose it by purpose, so that a slow one delays only its like.
    - `name` identifies the handler's deliveries in the database: by default `module.function`. Renaming it leaves
      its open deliveries without a handler.
    - By default the function runs inside the transaction that settles the delivery: what it writes to the database is
      there exactly once. With `external=True` (mail, HTTP) it runs outside of one, under a lease, at least once; give
      `event.idempotency_key` to the other side.
    - `after` makes it a timer: it runs that long after the event, even if nothing else happens.
    - `batch=N` gives it a list of up to N events of many streams in one call and one transaction, each stream's in order. When
      the call fails, the events are given one by one, so that only the one at fault waits.
    - `early` is for an effect that is itself only a hint, and may come twice, in any order, or not at all: this function is called with an
      event as soon as its message comes, before the delivery is taken. The handler's own function runs all the same; what the early one
      raises is logged.
    - `when` is for handlers that rarely have something to do: asked with the event's subject in the transaction of the change, it says whether
      there is to be a delivery at all. One cheap query; what it raises fails the change.

    What it returns is ignored; what it raises is counted, retried with back-off, and in the end parked.
    """
    if batch < 0 or (batch and external):
        raise ValueError("batch is for handlers that write to the database, not for external ones")

    def register(function: HandlerFunction) -> HandlerFunction:
        key = name or f"{function.__module__}.{function.__name__}"
        if key in _handlers:
            raise DuplicateHandler(f"a handler named {key} is registered already")
        _handlers[key] = Handler(key, function, frozenset(types), queue, external, after, batch, fast_path, when)
        _by_type.clear()
        return function

    return register


def wanting(event_type: str) -> tuple[Handler, ...]:
    """The handlers that want this type."""
    if event_type not in _by_type:
        _by_type[event_type] = tuple(h for h in _handlers.values() if h.wants(event_type))
    return _by_type[event_type]


def get(name: str) -> Handler | None:
    """The handler of that name, if this code has it."""
    return _handlers.get(name)


def all_handlers() -> tuple[Handler, ...]:
    """Every handler, by name."""
    return tuple(_handlers[name] for name in sorted(_handlers))


def forget(name: str) -> None:
    """Take a handler out again (tests)."""
    _handlers.pop(name, None)
    _by_type.clear()
