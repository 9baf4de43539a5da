"""Rotating keys: what is in use, what may go, and what is missing. `manage.py events keys` prints it."""

import base64
import os
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from django.db.models import Count
from django.db.models.functions import Substr

from events.log import keys
from events.log.envelope import encryption_kid
from events.models import Delivery, Event
from events.operations.retention import read_archive

STEPS = """\
To rotate, in three restarts of every process:
  1. add       put the new key behind the active one – all processes can verify it before any uses it
  2. activate  move it to the front – new events use it, the old one still verifies
  3. retire    take the old one away, once this table shows no event under it any more – and no archive holds any
               (--archive FILE counts those, too): without its key an archive cannot be verified, and an encrypted one not read
Until then retiring a key would park every event that still waits under it, and `events verify` would fail."""


@dataclass(frozen=True)
class KeyUse:
    """A key of a ring: its purpose, whether new events use it, how many events are kept under it, how many wait to be handled."""

    purpose: str
    kid: str
    role: str
    bits: int
    events: int
    waiting: int

    @property
    def advice(self) -> str:
        """What an operator may do with it."""
        if self.role == "MISSING":
            return "put it back: these events cannot be read"
        if self.role == "active":
            return "in use"
        return "keep: events are under it" if self.events else "may be retired, unless an archive is under it"


def uses(archives: Iterable[Path] = ()) -> list[KeyUse]:
    """Every key of both rings, and every key id in the log or these archives that no ring has. Reads the first bytes of each event."""
    signed = Counter(dict(Event.objects.order_by().values_list("kid").annotate(n=Count("pk"))))
    waiting = Counter(
        dict(Delivery.objects.open().order_by().values_list("event__kid").annotate(n=Count("event", distinct=True)))
    )
    encrypted: Counter[str] = Counter()
    for start in (
        Event.objects.order_by().annotate(start=Substr("body", 1, 48)).values_list("start", flat=True).iterator()
    ):
        if kid := encryption_kid(bytes(start)):
            encrypted[kid] += 1
    for archive in archives:
        for event in read_archive(archive):
            signed[event.kid] += 1
            if kid := encryption_kid(bytes(event.body)):
                encrypted[kid] += 1
    return [
        *_rows("signing", keys.signing(), signed, waiting),
        *_rows("encryption", keys.encryption(), encrypted, Counter()),
    ]


def _rows(purpose: str, ring: keys.KeyRing, events: Counter[str], waiting: Counter[str]) -> list[KeyUse]:
    found = [
        KeyUse(purpose, kid, "active" if kid == ring.active else "verifies", len(key) * 8, events[kid], waiting[kid])
        for kid, key in ring.keys.items()
    ]
    missing = sorted(kid for kid in events if kid not in ring.keys)
    return [*found, *(KeyUse(purpose, kid, "MISSING", 0, events[kid], waiting[kid]) for kid in missing)]


def fresh(kid: str) -> str:
    """A new random key of 256 bits, as the settings want it."""
    return f"{kid}:{base64.b64encode(os.urandom(32)).decode()}"
