"""Sessions in the database, as Django's own, with one statement to read one and one to change it."""

from typing import Any

from django.contrib.sessions.backends.base import VALID_KEY_CHARS, UpdateError
from django.contrib.sessions.backends.db import SessionStore as DatabaseSessions
from django.contrib.sessions.models import Session
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.crypto import get_random_string

from events.db.prepared import prepared


@prepared
def _kept(key: str, now: Any) -> QuerySet[Session]:
    return QuerySet(Session).filter(session_key=key, expire_date__gt=now)


class SessionStore(DatabaseSessions):
    """`SESSION_ENGINE`. What a session is, and what its cookie says, stays Django's."""

    def _get_session_from_db(self) -> Session | None:
        # A key has letters and digits only; PostgreSQL refuses a text with a zero byte, which a cookie can have.
        key = self.session_key or ""
        found = _kept.first(key, timezone.now()) if key.isalnum() else None
        if found is None:
            self._session_key = None
        return found

    def save(self, must_create: bool = False) -> None:
        """As Django's, without a transaction and signals. Raises `UpdateError` if it was ended meanwhile, by signing out elsewhere; it must
        not come back. What else the database says goes up as it is."""
        if must_create or self.session_key is None:
            super().save(must_create=must_create)
            return
        row = self.create_model_instance(dict(self.items()))
        kept: QuerySet[Session] = QuerySet(Session).filter(session_key=row.session_key)
        # One statement needs no transaction around it, which would be two more.
        if not kept.update(session_data=row.session_data, expire_date=row.expire_date):
            raise UpdateError

    def _get_new_session_key(self) -> str:
        # Django asks first whether somebody has it. Making the row finds out as well, and `create` then tries another.
        return get_random_string(32, VALID_KEY_CHARS)
