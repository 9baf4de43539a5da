"""Sessions in the database, as Django's own, with one statement to read and one to write.

`_get_session_from_db` is a private name of Django (`tests/test_private_apis.py`); it makes reading a session three
times as fast (`bench/results/private-apis.json`).
"""

from typing import Any

from django.contrib.sessions.backends.base import UpdateError
from django.contrib.sessions.backends.db import SessionStore as DatabaseSessions
from django.contrib.sessions.models import Session
from django.db.models import QuerySet
from django.utils import timezone

from events.db.prepared import prepared


@prepared
def _kept(key: str, now: Any) -> QuerySet[Session]:
    return QuerySet(Session).filter(session_key=key, expire_date__gt=now)


class SessionStore(DatabaseSessions):
    """The `SESSION_ENGINE`. The content of a session and of its cookie are Django's."""

    def _get_session_from_db(self) -> Session | None:
        # A key has only letters and digits. PostgreSQL refuses a text with a NUL byte, which a cookie may contain.
        key = self.session_key or ""
        found = _kept.first(key, timezone.now()) if key.isalnum() else None
        if found is None:
            self._session_key = None
        return found

    def save(self, must_create: bool = False) -> None:
        """As Django's, without a transaction and signals.

        Raises `UpdateError` when the session was ended meanwhile, by signing out elsewhere: it must not come back.
        Other database errors go up unchanged.
        """
        if must_create or self.session_key is None:
            super().save(must_create=must_create)
            return
        row = self.create_model_instance(dict(self.items()))
        kept: QuerySet[Session] = QuerySet(Session).filter(session_key=row.session_key)
        # One statement needs no transaction, which would be two statements more.
        if not kept.update(session_data=row.session_data, expire_date=row.expire_date):
            raise UpdateError
