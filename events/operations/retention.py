"""Retention: archive and delete old events and deliveries, in small batches that let other writers through.

Never deleted, at any age: what is not acknowledged, the newest event of each stream (it holds the state), and the
deliveries of external handlers as long as their event exists (a replay learns from them that a mail was sent).
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
    """One line of an archive: the signed row. `body` and `signature` are base64."""

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
        """As an unsaved row of the log."""
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
    """Delete deliveries that were acknowledged before that time. Returns how many."""
    # Only of handlers that this code has and that are not external: an unknown handler may have effects outside.
    mine = [handler.name for handler in registry.all_handlers() if not handler.external]
    old = Delivery.objects.filter(acknowledged_at__lt=before, handler__in=mine).order_by("pk")
    if dry_run:
        return old.count()
    count, last = 0, 0
    while pks := list(old.filter(pk__gt=last).values_list("pk", flat=True)[:batch]):
        last = pks[-1]
        # Filtered again, because a replay may have opened one meanwhile.
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
    """Archive events recorded before that time, then delete them with their deliveries. Returns how many.

    The archive is on disk before a row is deleted. A process killed in between leaves events in both places; reading an
    archive drops doubles. Without `archive` the events are lost. Raises `OSError` when the archive cannot be written;
    then nothing is deleted.
    """
    if dry_run:
        return int(_old(before).count())
    if archive:
        repair(archive)
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
            # Filtered again under the locks: a replay may have opened some meanwhile (the archive has those, too), and
            # cannot insert others now.
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
    """Old events, oldest first: without an open delivery at or before them, and with a newer event in their stream."""
    unacknowledged = Delivery.objects.open().filter(stream=OuterRef("stream"), seq__lte=OuterRef("seq"))
    newer = Event.objects.filter(stream=OuterRef("stream"), seq__gt=OuterRef("seq"))
    old = Event.objects.filter(recorded_at__lt=before)
    return old.filter(~Exists(unacknowledged), Exists(newer)).order_by("recorded_at", "seq")


def _append(path: Path, rows: list[Event]) -> None:
    """Append a gzip member for the batch. Existing bytes are never changed."""
    lines = b"".join(msgspec.json.encode(_archived(row)) + b"\n" for row in rows)
    fresh = not path.exists()
    with path.open("ab") as file:
        end = file.tell()
        try:
            file.write(gzip.compress(lines))
            file.flush()
            os.fsync(file.fileno())
        except BaseException:
            os.truncate(path, end)  # half a member would make everything behind it unreadable
            raise
    if fresh:  # also make the file's name durable
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


def repair(path: Path) -> int:
    """Cut off the partial member that a killed writer left at the end of an archive. Returns the number of bytes.

    No event is lost: events are deleted from the log only after their member is complete on disk. Raises `OSError` for
    a file that is no archive.
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
        logger.warning("%s ended with %d bytes of an unfinished batch; they were cut off", path, torn)
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
    """The events of an archive, each once, ordered by stream and seq.

    Raises `OSError`, `EOFError` or `msgspec.DecodeError` for a file that is no archive.
    """
    found: dict[str, Event] = {}
    with gzip.open(path, "rb") as file:
        for line in file:
            archived = _decoder.decode(line)
            found[archived.id] = archived.row()
    yield from sorted(found.values(), key=lambda event: (event.stream, event.seq))


def restore(path: Path, *, batch: int = BATCH) -> int:
    """Put archived events back into the log, for a replay. Existing events stay. Returns the number in the archive.

    The log remembers the time of the newest one: effects outside of these events count as done (`replay._done`).
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
