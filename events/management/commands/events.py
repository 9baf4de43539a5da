"""`manage.py events …`: look at the backbone and operate it."""

import time
from datetime import timedelta
from typing import IO, Any, cast

import msgspec
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone
from rich.console import Console
from rich.table import Table

from events import operate, publisher
from events.envelope import BadEnvelope
from events.models import Delivery, Event


class Command(BaseCommand):
    """Subcommands: stats, tail, show, verify, replay, parked, unpark."""

    help = "Look at the events and their deliveries, and operate them."

    def add_arguments(self, parser: CommandParser) -> None:
        """One subparser each."""
        sub = parser.add_subparsers(dest="verb", required=True)
        sub.add_parser("stats", help="deliveries by handler")
        tail = sub.add_parser("tail", help="the newest events as CloudEvents JSON, one a line")
        tail.add_argument("-n", type=int, default=10)
        tail.add_argument("-f", "--follow", action="store_true", help="go on printing new ones until Ctrl-C")
        show = sub.add_parser("show", help="everything about one order or stream, with times")
        show.add_argument("ref", help="an order's reference, or a whole stream name such as stock:SKU")
        sub.add_parser("verify", help="check every signature and every sequence; exit code 1 if anything is wrong")
        replay = sub.add_parser("replay", help="have a handler see a stream again")
        replay.add_argument("stream")
        replay.add_argument("--handler", required=True)
        sub.add_parser("parked", help="lines that wait for somebody to look")
        unpark = sub.add_parser("unpark", help="let parked lines go on")
        unpark.add_argument("--handler", default="")
        unpark.add_argument("--stream", default="")

    def handle(self, *args: Any, verb: str, **options: Any) -> None:
        """Run the subcommand."""
        self.console = Console(file=cast(IO[str], self.stdout._out), soft_wrap=True, highlight=False)
        getattr(self, f"do_{verb}")(**options)
        publisher.flush()

    def do_stats(self, **_: Any) -> None:
        """A row per handler."""
        table = Table("handler", "pending", "parked", "done", "oldest due")
        for row in operate.stats():
            age = f"{(timezone.now() - row.oldest_due).total_seconds():.1f} s" if row.oldest_due else "–"
            table.add_row(row.handler, str(row.pending), str(row.parked), str(row.done), age)
        self.console.print(table)
        self.console.print(f"{Event.objects.count()} events; oldest due: {operate.oldest_due_age():.1f} s")

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
        """Events of a stream with what each handler made of them."""
        stream = ref if ":" in ref else f"order:{ref.upper()}"
        events = Event.objects.filter(stream=stream).order_by("seq").prefetch_related("deliveries")
        if not events:
            raise CommandError(f"There are no events of {stream}.")
        for event in events:
            self.console.print(f"#{event.seq} {event.type}  {event.recorded_at.isoformat(timespec='milliseconds')}")
            for delivery in event.deliveries.order_by("handler"):
                if delivery.settled_at:
                    spent = (delivery.settled_at - event.recorded_at).total_seconds() * 1000
                    state = f"done after {spent:.1f} ms"
                else:
                    state = delivery.state
                more = f", {delivery.attempts} failed" if delivery.attempts else ""
                error = f" – {delivery.last_error}" if delivery.last_error else ""
                self.console.print(f"    {delivery.handler}: {state}{more}{error}")

    def do_verify(self, **_: Any) -> None:
        """Exit code 1 and a line for each finding."""
        wrong = 0
        for event, problem in operate.verify():
            wrong += 1
            self.stderr.write(f"{event}: {problem}")
        total = Event.objects.count()
        if wrong:
            raise CommandError(f"{wrong} of {total} events are wrong.")
        self.stdout.write(f"{total} events verified: every signature fits, no sequence has a gap.")

    def do_replay(self, stream: str, handler: str, **_: Any) -> None:
        """Open the line again."""
        try:
            count = operate.replay(stream, handler)
        except LookupError as problem:
            raise CommandError(str(problem)) from problem
        self.stdout.write(f"{handler} will see {count} events of {stream} again.")

    def do_parked(self, **_: Any) -> None:
        """Parked heads with their reasons."""
        parked = Delivery.objects.parked().order_by("parked_at")
        for delivery in parked:
            self.stdout.write(f"{delivery}  since {delivery.parked_at:%Y-%m-%d %H:%M:%S}  {delivery.last_error}")
        if not parked:
            self.stdout.write("Nothing is parked.")

    def do_unpark(self, handler: str, stream: str, **_: Any) -> None:
        """Let go."""
        self.stdout.write(f"{operate.unpark(handler, stream)} lines go on.")
