"""Keeps for some seconds what every page asks for and staff change rarely."""

import time
from collections.abc import Callable
from functools import update_wrapper
from typing import Any, ClassVar, Generic, ParamSpec, TypeVar

from django.db.models import Model
from django.db.models.signals import m2m_changed, post_delete, post_save

P = ParamSpec("P")
T = TypeVar("T")

SECONDS = 5.0  # that another process may take to see a change


def kept_briefly(seconds: float = SECONDS) -> Callable[[Callable[P, T]], "Kept[P, T]"]:
    """A function that reads something; for so many seconds a process uses what it has read.

    ::

        @kept_briefly()
        def open_markets() -> list[Market]: ...

        open_markets.forget()  # the next call reads again

    Only a few different arguments exist. The result is shared: whoever gets it changes nothing in it.
    """

    def wrapped(read: Callable[P, T]) -> "Kept[P, T]":
        return Kept(read, seconds)

    return wrapped


class Kept(Generic[P, T]):
    """What `kept_briefly` makes of a function."""

    every: ClassVar[list["Kept[..., Any]"]] = []

    def __init__(self, read: Callable[P, T], seconds: float) -> None:
        update_wrapper(self, read)
        self._read = read
        self._seconds = seconds
        self._found: dict[Any, tuple[float, T]] = {}
        self.every.append(self)

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> T:
        asked = (args, *sorted(kwargs.items()))
        until, found = self._found.get(asked, (0.0, None))
        if found is None or time.monotonic() >= until:
            found = self._read(*args, **kwargs)
            self._found[asked] = (time.monotonic() + self._seconds, found)
        return found

    def forget(self, **_: object) -> None:
        """Read again at the next call: something has changed. It also is a receiver of signals."""
        self._found.clear()

    def forget_with(self, *models: type[Model]) -> None:
        """Forget whenever this process changes a row of these models. Called once, when the apps are loaded."""
        for model in models:
            for signal in (post_save, post_delete, m2m_changed):
                signal.connect(self.forget, sender=model, dispatch_uid=f"kept_briefly.{self._read.__qualname__}")


def forget_everything() -> None:
    """Forget all that is kept in this process."""
    for kept in Kept.every:
        kept.forget()
