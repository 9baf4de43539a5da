"""`manage.py events …`: look at the backbone and operate it."""

import time
import zlib
from argparse import ArgumentTypeError
from datetime import datetime, timedelta
from datetime import time as time_of_day
from pathlib import Path
from typing import Any

import msgspec
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone
from django.utils.dateparse import parse_date, parse_datetime
from rich.console import Console
from rich.table import Table

from events.delivery import dead_letters, publisher
from events.lib.private_apis import raw_stream
from events.live import streams
from events.log.envelope import BadEnvelope
from events.models import Delivery, Event, Log
from events.operations import retention, rotation, status, verification
from events.operations.replay import Range, replay

UNREADABLE = (OSError, EOFError, zlib.error, msgspec.MsgspecError, ValueError)


class Command(BaseCommand):
    """Subcommands: stats, tail, show, verify, replay, dead-letters, retry, keys, prune, restore, new-epoch."""

    help = "Look at the events and their deliveries, and operate them."

    def add_arguments(self, parser: CommandParser) -> None:
        sub = parser.add_subparsers(dest="verb", required=True)
        sub.add_parser("stats", help="deliveries by handler")
        tail = sub.add_parser("tail", help="the newest events as CloudEvents JSON, one a line")
        tail.add_argument("-n", type=int, default=10)
        tail.add_argument("-f", "--follow", action="store_true", help="go on printing new ones until Ctrl-C")
        show = sub.add_parser("show", help="everything about one stream, with times")
        show.add_argument("ref", help="a stream, or what a kind of stream understands, such as a reference")
        verify = sub.add_parser(
            "verify", help="check every signature and every sequence; exit code 1 if anything is wrong"
        )
        verify.add_argument("--archive", type=Path, help="check this archive instead of the log")
        replay = sub.add_parser("replay", help="have a handler see events again, from the beginning or within a range")
        replay.add_argument("stream", nargs="?", default="", help="a stream, or a reference; all, if left out")
        replay.add_argument("--handler", required=True)
        replay.add_argument("--since", type=_time, help="recorded at or after this time (ISO 8601)")
        replay.add_argument("--until", type=_time, help="recorded before this time")
        replay.add_argument("--rate", type=float, default=0, help="deliveries opened a second, at most")
        replay.add_argument(
            "--again", action="store_true", help="let mail go out and money move again, under the same keys"
        )
        replay.add_argument("--dry-run", action="store_true", help="only say what would be seen again")
        sub.add_parser("dead-letters", help="deliveries that failed for good, with their reasons")
        retry = sub.add_parser("retry", help="process dead letters again, with their attempts forgotten")
        retry.add_argument("--handler", default="")
        retry.add_argument("--stream", default="")
        retry.add_argument(
            "--skip", action="store_true", help="skip the dead-lettered event for good (needs both of the above)"
        )
        keys = sub.add_parser(
            "keys", help="which keys are in use, and how to rotate them; exit code 1 if one is missing"
        )
        keys.add_argument("--new", metavar="KID", help="print a new random key under this id")
        keys.add_argument("--archive", type=Path, action="append", help="count this archive's events, too")
        prune = sub.add_parser("prune", help="archive and take out what is old and handled")
        prune.add_argument("--deliveries", type=float, metavar="DAYS", help="acknowledged deliveries older than this")
        prune.add_argument("--events", type=float, metavar="DAYS", help="events older than this")
        prune.add_argument("--archive", type=Path, help="append the events to this file (JSON lines, gzip)")
        prune.add_argument("--no-archive", action="store_true", help="let the events go for good")
        prune.add_argument("--batch", type=int, default=retention.BATCH)
        prune.add_argument("--dry-run", action="store_true")
        restore = sub.add_parser("restore", help="put archived events back into the log")
        restore.add_argument("archive", type=Path)
        sub.add_parser("new-epoch", help="after a database restore: have every browser take a fresh snapshot")

    def handle(self, *args: Any, verb: str, **options: Any) -> None:
        self.console = Console(file=raw_stream(self.stdout), soft_wrap=True, highlight=False)
        getattr(self, f"do_{verb.replace('-', '_')}")(**options)
        publisher.flush()

    def do_stats(self, **_: Any) -> None:
        """A row per handler."""
        table = Table("handler", "pending", "dead-lettered", "done", "skipped", "oldest due")
        for row in status.stats():
            age = f"{(timezone.now() - row.oldest_due).total_seconds():.1f} s" if row.oldest_due else "–"
            table.add_row(row.handler, str(row.pending), str(row.dead_letters), str(row.done), str(row.skipped), age)
        self.console.print(table)
        self.console.print(f"{Event.objects.count()} events; oldest due: {status.oldest_due_age():.1f} s")

    def do_tail(self, n: int, follow: bool, **_: Any) -> None:
        """The last `n` events, and with `follow` what comes."""
        shown = set()
        rows = list(Event.objects.order_by("-recorded_at", "-id")[:n])[::-1]
        since = timezone.now()
        try:
            while True:
                for event in rows:
                    if event.pk not in shown:
                        self._print(event)
                        shown.add(event.pk)
                        since = max(since, event.recorded_at)
                if not follow:
                    return
                time.sleep(0.5)
                # Rows become visible in the order of commits, not of their times: look back a little.
                look_back = since - timedelta(seconds=30)
                rows = list(Event.objects.filter(recorded_at__gte=look_back).order_by("recorded_at"))
        except KeyboardInterrupt:
            return

    def _print(self, event: Event) -> None:
        try:
            self.stdout.write(msgspec.json.encode(event.cloud_event()).decode())
        except BadEnvelope as problem:
            self.stderr.write(f"{event}: {problem}")

    def do_show(self, ref: str, **_: Any) -> None:
        """Events of a stream: what happened, when, by whom, and what each handler made of it."""
        stream = streams.parse(ref)
        events = Event.objects.filter(stream=stream).order_by("seq").prefetch_related("deliveries")
        if not events:
            raise CommandError(f"There are no events of {stream}.")
        first = events[0].recorded_at
        for event in events:
            since = (event.recorded_at - first).total_seconds()
            self.console.print(
                f"#{event.seq} {event.type}  {event.recorded_at.isoformat(timespec='milliseconds')}  +{since:.3f} s"
            )
            self._print_circumstances(event)
            for delivery in event.deliveries.order_by("handler"):
                self.console.print(f"    {delivery.handler}: {_fate(delivery, event)}")

    def _print_circumstances(self, event: Event) -> None:
        try:
            cloud = event.cloud_event()
            data = msgspec.json.decode(cloud.data, type=dict[str, Any])
        except (BadEnvelope, msgspec.MsgspecError) as problem:
            self.console.print(f"    cannot be read: {problem}")
            return
        known = [f"{key} {data[key]}" for key in ("actor", "reason") if data.get(key)]
        if cloud.traceparent:
            known.append(f"trace {cloud.traceparent.split('-')[1]}")
        self.console.print(f"    id {cloud.id}" + "".join(f", {part}" for part in known))

    def do_verify(self, archive: Path | None = None, **_: Any) -> None:
        """Exit code 1 and a line for each finding."""
        wrong = set()
        try:
            rows = list(retention.read_archive(archive)) if archive else None
        except UNREADABLE as problem:
            raise CommandError(f"{archive} cannot be read: {problem}") from problem
        for event, finding in verification.verify(rows):
            wrong.add(event.pk)
            self.stderr.write(f"{event}: {finding}")
        total = Event.objects.count() if rows is None else len(rows)
        if wrong:
            raise CommandError(f"{len(wrong)} of {total} events are wrong.")
        self.stdout.write(f"{total} events verified: every signature fits, no sequence has a gap.")

    def do_replay(self, stream: str, handler: str, rate: float, again: bool, dry_run: bool, **options: Any) -> None:
        """Open the lines again, or say what would be opened."""
        if rate < 0:
            raise CommandError("--rate is a number of deliveries a second.")
        which = Range(streams.parse(stream) if stream else "", options["since"], options["until"])
        try:
            count = replay(handler, which, again=again, dry_run=dry_run, rate=rate)
        except LookupError as problem:
            raise CommandError(str(problem)) from problem
        will = "would" if dry_run else "will"
        self.stdout.write(
            f"{handler} {will} see {count.opened} events of {count.streams} streams again "
            f"({count.fresh} for the first time, {count.repeated} once more)."
        )
        if count.kept:
            self.stdout.write(f"{count.kept} are done, with effects outside, and stay so; --again repeats them.")

    def do_dead_letters(self, **_: Any) -> None:
        """The dead letters, each with its reason."""
        dead_letters = Delivery.objects.dead_letters().order_by("dead_lettered_at")
        for delivery in dead_letters:
            self.stdout.write(f"{delivery}  since {delivery.dead_lettered_at:%Y-%m-%d %H:%M:%S}  {delivery.last_error}")
        if not dead_letters:
            self.stdout.write("There are no dead letters.")

    def do_retry(self, handler: str, stream: str, skip: bool = False, **_: Any) -> None:
        """Process again, or skip."""
        stream = streams.parse(stream) if stream else ""
        if not skip:
            self.stdout.write(f"{dead_letters.retry(handler, stream)} ordered queues are processed again.")
            return
        if not handler or not stream:
            raise CommandError("--skip needs --handler and --stream: it skips one event for good.")
        if not dead_letters.skip(handler, stream):
            raise CommandError(f"{handler} has no dead letter of {stream}.")
        self.stdout.write(f"The event is skipped; {handler} continues with the next event of {stream}.")

    def do_keys(self, new: str | None = None, archive: list[Path] | None = None, **_: Any) -> None:
        """The table, the steps; exit code 1 if events are under a key that is not there."""
        if new:
            self.stdout.write(rotation.fresh(new))
            return
        table = Table("purpose", "key", "role", "bits", "events", "waiting", "")
        try:
            found = rotation.uses(archive or ())
        except UNREADABLE as problem:
            raise CommandError(f"The archive cannot be read: {problem}") from problem
        for use in found:
            table.add_row(use.purpose, use.kid, use.role, str(use.bits), str(use.events), str(use.waiting), use.advice)
        self.console.print(table)
        self.console.print(rotation.STEPS)
        missing = [use.kid for use in found if use.role == "MISSING"]
        if missing:
            raise CommandError(f"Events are kept under keys that are not in the settings: {', '.join(missing)}.")

    def do_prune(self, deliveries: float | None, events: float | None, archive: Path | None, **options: Any) -> None:
        """In small batches, with pauses; may be interrupted at any time."""
        if deliveries is None and events is None:
            raise CommandError("Say what: --deliveries DAYS, --events DAYS, or both.")
        if min(deliveries or 0, events or 0) < 0 or options["batch"] < 1:
            raise CommandError("Days and batches are positive.")
        if events is not None and not archive and not options["no_archive"] and not options["dry_run"]:
            raise CommandError("Say where to: --archive FILE.jsonl.gz, or --no-archive to let the events go for good.")
        how = {"dry_run": options["dry_run"], "batch": options["batch"]}
        would = "would be " if how["dry_run"] else ""
        if deliveries is not None:
            count = retention.prune_deliveries(timezone.now() - timedelta(days=deliveries), **how)
            self.stdout.write(f"{count} deliveries {would}taken out.")
        if events is not None:
            try:
                count = retention.prune_events(timezone.now() - timedelta(days=events), archive, **how)
            except OSError as problem:
                raise CommandError(f"{archive} cannot be written: {problem}. No event was lost.") from problem
            self.stdout.write(f"{count} events {would}taken out{f', into {archive}' if archive else ''}.")

    def do_restore(self, archive: Path, **_: Any) -> None:
        """Back into the log; what is there stays."""
        try:
            count = retention.restore(archive)
        except UNREADABLE as problem:
            raise CommandError(f"{archive} cannot be read: {problem}") from problem
        self.stdout.write(f"{count} archived events are in the log.")

    def do_new_epoch(self, **_: Any) -> None:
        """Say that this log is another one than before: its sequence numbers will be used again."""
        self.stdout.write(f"The log has a new epoch, {Log.renew_epoch()}: every browser takes a fresh snapshot.")


def _time(text: str) -> datetime:
    found = parse_datetime(text) or (datetime.combine(day, time_of_day.min) if (day := parse_date(text)) else None)
    if found is None:
        raise ArgumentTypeError(f"{text!r} is not a time; write 2026-11-27 or 2026-11-27T18:30+01:00")
    return found if timezone.is_aware(found) else timezone.make_aware(found)


def _fate(delivery: Delivery, event: Event) -> str:
    state = delivery.state
    if delivery.acknowledged_at:
        spent = (delivery.acknowledged_at - event.recorded_at).total_seconds() * 1000
        state = f"{state} after {spent:.1f} ms"
    elif delivery.due_at > timezone.now():
        state = f"due {delivery.due_at.isoformat(timespec='seconds')}"
    more = f", {delivery.attempts} failed" if delivery.attempts else ""
    more += f", notified again {delivery.notifications} times" if delivery.notifications else ""
    return f"{state}{more}" + (f" – {delivery.last_error}" if delivery.last_error else "")
