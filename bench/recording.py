"""Events that are recorded for one handler, or without a wake-up message: for parts that measure something else than
the sending.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from unittest import mock


@contextmanager
def silent() -> Iterator[None]:
    """No wake-up message is sent for what is recorded here."""
    with mock.patch("events.delivery.publisher.notify", new=_nobody):
        yield


def _nobody(wake_ups: object) -> None:
    """In place of `publisher.notify`."""


@contextmanager
def only_for(name: str) -> Iterator[Any]:
    """Events of the handler's type have a delivery for this handler alone; gives the handler."""
    from events.delivery import registry

    handler = registry.get(name)
    assert handler
    (event_type,) = handler.types
    with mock.patch.dict(registry._by_type, {event_type: (handler,)}):
        yield handler
