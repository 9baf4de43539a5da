"""Keeps for some seconds what every page asks for and staff change rarely."""

import logging
import threading
from collections.abc import Callable
from contextvars import copy_context
from functools import partial, update_wrapper
from time import monotonic as now
from typing import Any, ClassVar, Generic, ParamSpec, TypeVar

from django.db import connection
from django.db.models import Model
from django.db.models.signals import m2m_changed, post_delete, post_save

P = ParamSpec("P")
T = TypeVar("T")

logger = logging.getLogger(__name__)

SECONDS = 5.0  # that another process may take to see a change


def kept_briefly(seconds: float = SECONDS, behind: float = 0.0) -> Callable[[Callable[P, T]], "Kept[P, T]"]:
    """A function that reads something; for so many seconds a process uses what it has read.

    For what takes long to read: for `behind` seconds more the process uses it while a thread reads anew, so that
    nobody waits.

    ::

        @kept_briefly()
        def open_markets() -> list[Market]: ...

        open_markets.forget()  # the next call reads again

    Only a few different arguments exist. The result is shared: whoever gets it changes nothing in it.
    """

    def wrapped(read: Callable[P, T]) -> "Kept[P, T]":
        return Kept(read, seconds, behind)

    return wrapped


class Kept(Generic[P, T]):
    """What `kept_briefly` makes of a function."""

    every: ClassVar[list["Kept[..., Any]"]] = []

    def __init__(self, read: Callable[P, T], seconds: float, behind: float) -> None:
        update_wrapper(self, read)
        self._read = read
        self._seconds = seconds
        self._behind = behind
        self._found: dict[Any, tuple[float, T]] = {}
        self._reading = threading.Lock()
        self.every.append(self)

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> T:
        asked = (args, *sorted(kwargs.items()))
        until, found = self._found.get(asked, (0.0, None))
        late = now() - until
        if found is None or late >= self._behind:
            return self._read_now(asked, *args, **kwargs)
        if late >= 0 and self._reading.acquire(blocking=False):
            work = partial(copy_context().run, self._read_behind, asked, *args, **kwargs)
            try:
                threading.Thread(target=work, name=f"read {self._read.__qualname__}", daemon=True).start()
            except RuntimeError:  # no more threads: the next one tries
                self._reading.release()
        return found

    def _read_now(self, asked: Any, /, *args: P.args, **kwargs: P.kwargs) -> T:
        kept = self._found
        found = self._read(*args, **kwargs)
        kept[asked] = (now() + self._seconds, found)  # if it was forgotten meanwhile, nobody looks there
        return found

    def _read_behind(self, asked: Any, /, *args: P.args, **kwargs: P.kwargs) -> None:
        """In a thread, which holds `_reading`. If it fails, the next call starts another one."""
        try:
            self._read_now(asked, *args, **kwargs)
        except Exception:
            logger.warning("%s could not be read", self._read.__qualname__, exc_info=True)
        finally:
            self._reading.release()
            connection.close()

    def forget(self, **_: object) -> None:
        """Read again at the next call: something has changed. It also is a receiver of signals."""
        self._found = {}

    def forget_with(self, *models: type[Model]) -> None:
        """Forget whenever this process changes a row of these models. Called once, when the apps are loaded."""
        for model in models:
            for signal in (post_save, post_delete, m2m_changed):
                signal.connect(self.forget, sender=model, dispatch_uid=f"kept_briefly.{self._read.__qualname__}")


def forget_everything() -> None:
    """Forget all that is kept in this process."""
    for kept in Kept.every:
        kept.forget()
