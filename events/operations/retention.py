"""Retention: what is old and handled is archived and taken out, in small batches that let writers through.

Kept whatever its age: what is not settled, the newest event of each stream (it holds the stream's state), and the deliveries of handlers with
effects outside for as long as their event is there (they are how a replay knows that a mail went out).
"""

import base64
import gzip
import logging
import os
import time
import zlib
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from uuid import UUID

import msgspec
from django.db import transaction
from django.db.models import Exists, OuterRef

from events.delivery import registry
from events.models import Delivery, Event, Log

logger = logging.getLogger(__name__)

BATCH = 500
PAUSE = 0.02  # seconds between batches, in which others write


class Archived(msgspec.Struct):
    """A line of an archive: the row as it was signed. `body` and `signature` are base64."""

    id: str
    stream: str
    seq: int
    type: str
    version: int
    kid: str
    body: str
    signature: str
    recorded_at: datetime

    def row(self) -> Event:
        """As a row of the log, not saved."""
        return Event(
            id=UUID(self.id),
            stream=self.stream,
            seq=self.seq,
            type=self.type,
            version=self.version,
            kid=self.kid,
            body=base64.b64decode(self.body),
            signature=base64.b64decode(self.signature),
            recorded_at=self.recorded_at,
        )


_decoder = msgspec.json.Decoder(Archived)  # made here for the reason in `events.log.types`


def prune_deliveries(before: datetime, *, dry_run: bool = False, batch: int = BATCH, pause: float = PAUSE) -> int:
    """Take out deliveries settled before that time. Returns how many."""
    # Of handlers that are known to have no effects outside: one of an app that is switched off, or of other code, may have some.
    mine = [handler.name for handler in registry.all_handlers() if not handler.external]
    old = Delivery.objects.filter(acknowledged_at__lt=before, handler__in=mine).order_by("pk")
    if dry_run:
        return old.count()
    count, last = 0, 0
    while pks := list(old.filter(pk__gt=last).values_list("pk", flat=True)[:batch]):
        last = pks[-1]
        # Asked again: a replay may have opened one meanwhile.
        count += Delivery.objects.filter(pk__in=pks, acknowledged_at__lt=before).delete()[0]
        time.sleep(pause)
    return count


def prune_events(
    before: datetime,
    archive: Path | None,
    *,
    dry_run: bool = False,
    batch: int = BATCH,
    pause: float = PAUSE,
    progress: Callable[[int], None] = lambda _: None,
) -> int:
    """Archive events recorded before that time, and take them out with their deliveries. Returns how many.

    The archive is on the disk before a row goes; a process killed in between leaves events in both places, which reading an
    archive sorts out. Without `archive` they are gone. Raises `OSError` when it cannot be written; nothing is lost then.
    """
    if dry_run:
        return int(_old(before).count())
    if archive:
        mend(archive)
    count = 0
    with transaction.atomic():
        log = Log.objects.select_for_update().get_or_create(pk=1)[0]
        if log.pruned_before is None or log.pruned_before < before:
            Log.objects.filter(pk=1).update(pruned_before=before)
    while rows := list(_old(before)[:batch]):
        if archive:
            _append(archive, rows)
        pks = [row.pk for row in rows]
        with transaction.atomic():
            # Asked again, with the events and their deliveries held: a replay may have opened some meanwhile (then the archive has
            # them, too), and may not insert others now.
            list(Event.objects.filter(pk__in=pks).order_by("pk").select_for_update().values_list("pk"))
            list(Delivery.objects.filter(event__in=pks).select_for_update().values_list("pk"))
            still = list(_old(before).filter(pk__in=pks).values_list("pk", flat=True))
            Delivery.objects.filter(event__in=still).delete()
            Event.objects.filter(pk__in=still).delete()
        count += len(still)
        if not still:
            break
        progress(count)
        time.sleep(pause)
    return count


def _old(before: datetime):  # type: ignore[no-untyped-def]
    """The oldest first, and of a stream only what has nothing open at or before it, and something behind it."""
    unacknowledged = Delivery.objects.open().filter(stream=OuterRef("stream"), seq__lte=OuterRef("seq"))
    newer = Event.objects.filter(stream=OuterRef("stream"), seq__gt=OuterRef("seq"))
    old = Event.objects.filter(recorded_at__lt=before)
    return old.filter(~Exists(unacknowledged), Exists(newer)).order_by("recorded_at", "seq")


def _append(path: Path, rows: list[Event]) -> None:
    """A gzip member of its own for each batch: what is there already is never touched."""
    lines = b"".join(msgspec.json.encode(_archived(row)) + b"\n" for row in rows)
    fresh = not path.exists()
    with path.open("ab") as file:
        end = file.tell()
        try:
            file.write(gzip.compress(lines))
            file.flush()
            os.fsync(file.fileno())
        except BaseException:
            os.truncate(path, end)  # half a member would make all behind it unreadable
            raise
    if fresh:  # its name, too
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


def mend(path: Path) -> int:
    """Take off what a writer that was killed left at the end of an archive: part of a member. Returns how many bytes that was.

    Nothing is lost by it: events leave the log when their member is whole on the disk. Raises `OSError` for a file that is no archive.
    """
    if not path.exists():
        return 0
    whole = read = 0
    member = zlib.decompressobj(wbits=31)
    with path.open("rb") as file:
        while chunk := file.read(1 << 20):
            while chunk:
                try:
                    member.decompress(chunk)
                except zlib.error as problem:
                    raise OSError(f"{path} is not an archive, or damaged after {whole} bytes: {problem}") from problem
                read += len(chunk) - len(member.unused_data)
                chunk = member.unused_data
                if member.eof:
                    whole, member = read, zlib.decompressobj(wbits=31)
    torn = path.stat().st_size - whole
    if torn:
        logger.warning("%s ended with %d bytes of a batch that was not finished; they are taken off", path, torn)
        os.truncate(path, whole)
    return torn


def _archived(row: Event) -> Archived:
    return Archived(
        id=str(row.pk),
        stream=row.stream,
        seq=row.seq,
        type=row.type,
        version=row.version,
        kid=row.kid,
        body=base64.b64encode(bytes(row.body)).decode(),
        signature=base64.b64encode(bytes(row.signature)).decode(),
        recorded_at=row.recorded_at,
    )


def read_archive(path: Path) -> Iterator[Event]:
    """The events of an archive, each once, by stream and seq. Raises `OSError`, `EOFError` or `msgspec.DecodeError` for a file that is none."""
    found: dict[str, Event] = {}
    with gzip.open(path, "rb") as file:
        for line in file:
            archived = _decoder.decode(line)
            found[archived.id] = archived.row()
    yield from sorted(found.values(), key=lambda event: (event.stream, event.seq))


def restore(path: Path, *, batch: int = BATCH) -> int:
    """Put archived events back into the log, for a replay; those that are there stay. Returns how many the archive has.

    What happened outside because of them has happened, also where this log does not know of it: see `replay._done`.
    """
    rows = list(read_archive(path))
    if rows:
        newest = max(row.recorded_at for row in rows) + timedelta(microseconds=1)
        with transaction.atomic():
            log = Log.objects.select_for_update().get_or_create(pk=1)[0]
            if log.pruned_before is None or log.pruned_before < newest:
                Log.objects.filter(pk=1).update(pruned_before=newest)
    for start in range(0, len(rows), batch):
        Event.objects.bulk_create(rows[start : start + batch], ignore_conflicts=True)
    return len(rows)
