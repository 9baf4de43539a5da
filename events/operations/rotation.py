"""Key rotation: which keys are in use, which can be removed, which are missing. `manage.py events keys` prints it."""

import base64
import os
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from django.db.models import Count
from django.db.models.functions import Substr

from events.db.pages import in_pages
from events.log import keys
from events.log.envelope import encryption_kid
from events.models import Delivery, Event
from events.operations.retention import read_archive

STEPS = """\
To rotate a key, restart every process three times:
  1. add       put the new key after the active one: every process can verify it before one signs with it
  2. activate  move the new key to the front: new events use it, the old key still verifies
  3. retire    remove the old key when this table shows no event and no archive under it (--archive FILE counts those).
               Without its key an archive cannot be verified, and an encrypted archive cannot be read.
A key that is removed too early dead-letters every delivery that waits under it, and `events verify` fails."""


@dataclass(frozen=True)
class KeyUse:
    """One key: its purpose and role, the events stored under it, and the events under it that wait for a handler."""

    purpose: str
    kid: str
    role: str
    bits: int
    events: int
    waiting: int

    @property
    def advice(self) -> str:
        """What an operator can do with the key."""
        if self.role == "MISSING":
            return "add it again: these events cannot be read"
        if self.role == "active":
            return "in use"
        return "keep: events are under it" if self.events else "can be retired, unless an archive is under it"


def uses(archives: Iterable[Path] = ()) -> list[KeyUse]:
    """Every key of both settings, and every key id in the log or in `archives` that no setting has.

    Reads the first bytes of each event.
    """
    signed = Counter(dict(Event.objects.order_by().values_list("kid").annotate(n=Count("pk"))))
    waiting = Counter(
        dict(Delivery.objects.open().order_by().values_list("event__kid").annotate(n=Count("event", distinct=True)))
    )
    encrypted: Counter[str] = Counter()
    starts = Event.objects.only("pk").annotate(start=Substr("body", 1, 48))
    for found in in_pages(starts, "pk", size=5000):
        if kid := encryption_kid(bytes(found.start)):  # type: ignore[attr-defined]
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
    """A new random key of 256 bits, in the form of the settings."""
    return f"{kid}:{base64.b64encode(os.urandom(32)).decode()}"
