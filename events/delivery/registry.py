"""Handlers: functions that run on events. To add a reaction, declare one; nothing else has to change."""

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
        """Whether this handler takes events of this type."""
        return event_type in self.types or "*" in self.types


class DuplicateHandler(ValueError):
    """Two functions claim the same handler name; their deliveries could not be told apart."""


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

    - `queue` is one of `EVENT_QUEUES`. Choose it by purpose: a slow handler delays only the handlers of its queue.
    - `name` identifies the handler's deliveries in the database; by default `module.function`. After a renaming, open
      deliveries of the old name have no handler.
    - By default the function runs in the transaction that acknowledges the delivery: what it writes to the database is
      there exactly once. With `external=True` (mail, HTTP) it runs outside a transaction, under a lease, at least
      once; pass `event.idempotency_key` to the other side.
    - `after` makes it a timer: it runs that long after the event.
    - `batch=N` gives it a list of up to N events in one call and one transaction. They may be of many streams; those of
      one stream are in order. If the call fails, the events are given one by one, and only the faulty one waits.
    - `fast_path` is for an effect that may happen twice, in any order, or not at all, such as a push. This function is
      called with the event as soon as its wake-up message arrives, before the delivery is taken. What it raises is
      logged. The handler's own function still runs afterwards.
    - `when` is for a handler that seldom has work. It is called with the event's subject in the transaction of the
      change, and decides whether a delivery is written. It may take one cheap query; what it raises fails the change.

    The return value is ignored. An exception is counted and tried again with back-off; in the end the delivery
    becomes a dead letter.
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
    """The handlers that take this type."""
    if event_type not in _by_type:
        _by_type[event_type] = tuple(h for h in _handlers.values() if h.wants(event_type))
    return _by_type[event_type]


def get(name: str) -> Handler | None:
    """The handler of that name, if this code has it."""
    return _handlers.get(name)


def all_handlers() -> tuple[Handler, ...]:
    return tuple(_handlers[name] for name in sorted(_handlers))


def forget(name: str) -> None:
    """Remove a handler. For tests."""
    _handlers.pop(name, None)
    _by_type.clear()
