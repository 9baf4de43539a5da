"""What visitors get while the database does not answer: 503 at once, which a proxy takes to another web process.

Each try to connect to a host that is away takes seconds. So after one that failed, one request in `PAUSE` seconds tries
again, and the others do not wait for it.
"""

import sys
import threading
import time
from collections.abc import Callable

from django.db import InterfaceError, OperationalError, connection
from django.http import HttpRequest, HttpResponse
from django.template import loader

PAUSE = 2.0
AFTER = 5
"""Seconds after which a browser or a proxy should ask again."""

TOO_MANY_CONNECTIONS = "53300"  # https://www.postgresql.org/docs/current/errcodes-appendix.html


class Gate:
    """Whether a request may ask the database."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._next: float | None = None
        """When the next try is due; None while the database answers."""

    def may_ask(self) -> bool:
        if self._next is None:
            return True
        with self._lock:
            now = time.monotonic()
            if self._next is None or now < self._next:
                return self._next is None
            self._next = now + PAUSE
            return True

    def told(self, away: bool) -> None:
        """What a request found out."""
        with self._lock:
            self._next = time.monotonic() + PAUSE if away else None


gate = Gate()


class AnswerWhileAway:
    """Middleware. It stands before all that asks the database."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not gate.may_ask():
            return unavailable()
        response = self.get_response(request)
        gate.told(getattr(response, "database_away", False))
        return response


def is_the_reason() -> bool:
    """Whether the exception that is being handled says that the database cannot be reached.

    A deadlock, a lock that was waited for too long or a statement that took too long concern one request.
    """
    problem = sys.exc_info()[1]
    if not isinstance(problem, OperationalError | InterfaceError):
        return False
    if connection.vendor == "sqlite":
        return "unable to open" in str(problem)
    # PostgreSQL gives each error that it answers with a code; without one nobody answered.
    code = getattr(problem.__cause__, "sqlstate", None) or ""
    return not code or code.startswith(("08", "57P")) or code == TOO_MANY_CONNECTIONS


def unavailable() -> HttpResponse:
    """The 503 page."""
    response = HttpResponse(loader.get_template("503.html").render(), status=503)
    response["Retry-After"] = str(AFTER)
    response["Cache-Control"] = "no-store"
    response.database_away = True  # type: ignore[attr-defined]
    return response
