"""`manage.py simulate`: place and move orders, and measure the latencies."""

import json
import os
import random
import time
from pathlib import Path
from typing import Any

import httpx
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.urls import reverse
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
from rich.table import Table

from events.delivery import publisher
from events.lib.private_apis import raw_stream
from orders.shipping.carriers.courier import carrier as courier
from shop.demo.arrivals import SHAPES, BadDay, History, arrivals, read_day
from shop.demo.simulator import Simulation
from shop.demo.verdict import verdict
from shop.demo.watcher import Watcher


class Command(BaseCommand):
    """Place orders at a rate, then print a latency table.

    Exit code 1 if anything was lost, doubled, out of order or stale.
    """

    help = "Shoppers order, staff and couriers move the orders; ends with a latency table."

    def add_arguments(self, parser: CommandParser) -> None:
        """The number of orders, their rate and shape, or a file with a real day."""
        parser.add_argument("--orders", type=int, default=None, help="how many (20; of a replayed day: all)")
        parser.add_argument("--rate", type=float, default=2.0, help="orders placed per second")
        parser.add_argument("--shape", choices=SHAPES, default="steady", help="how they arrive")
        parser.add_argument("--pace", type=float, default=2.0, help="seconds between an order's steps, about")
        parser.add_argument("--seed", type=int, default=None, help="the same seed gives the same run")
        parser.add_argument(
            "--replay", type=Path, default=None, metavar="CSV", help="a real day: its orders, times and waits"
        )
        parser.add_argument(
            "--speed", type=float, default=720.0, help="how many times as fast the replayed day goes by"
        )
        parser.add_argument("--waits", type=float, default=43_200.0, help="the same for what follows each purchase")
        parser.add_argument("--json", type=Path, default=None, help="also write the latencies (milliseconds) here")
        parser.add_argument("--status", type=Path, default=None, help="keep this file told of the progress (JSON)")

    def handle(
        self, *args: Any, orders: int | None, rate: float, pace: float, seed: int | None, **options: Any
    ) -> None:
        if not settings.DEMO:
            raise CommandError("The simulator places orders: it runs only in the demo (DEMO=1).")
        wanted = 20 if orders is None else orders
        if wanted < 1 or not 0 < rate <= 1000 or not 0 <= pace <= 3600:
            raise CommandError("--orders is 1 or more, --rate more than 0, --pace between 0 and 3600 seconds.")
        if options["speed"] <= 0 or options["waits"] <= 0:
            raise CommandError("--speed and --waits are more than 0.")
        self.status = Status(options["status"])
        try:
            self._run(wanted, orders, rate, pace, random.randrange(10**6) if seed is None else seed, options)
        except CommandError as problem:
            self.status.tell(state="failed", problem=str(problem))
            raise

    def _run(
        self, wanted: int, orders: int | None, rate: float, pace: float, seed: int, options: dict[str, Any]
    ) -> None:
        console = Console(file=raw_stream(self.stdout))
        histories: list[History] = []
        times = arrivals(wanted, rate, options["shape"], seed)
        if options["replay"]:
            try:
                times, histories = read_day(options["replay"], options["speed"], options["waits"], orders or 0)
            except (OSError, BadDay) as problem:
                raise CommandError(f"No day to replay: {problem}") from problem
        watcher = Watcher(settings.SITE_URL)
        if not watcher.start():
            raise CommandError(
                f"No live socket at {settings.SITE_URL} ({watcher.problem}). "
                "Is the shop running? Set SITE_URL to its address."
            )
        simulation = Simulation(times, pace, seed, watcher, histories, _courier)
        if not simulation.variants or not simulation.methods:
            raise CommandError("There is nothing to buy or no way to deliver. Set up the catalogue first.")
        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
        with Progress(*columns, console=console) as progress:
            placed, finished = (
                progress.add_task("placed", total=len(times)),
                progress.add_task("at their end", total=len(times)),
            )

            def show(now_placed: int, now_finished: int) -> None:
                progress.update(placed, completed=now_placed)
                progress.update(finished, completed=now_finished)
                self.status.tell(state="running", total=len(times), placed=now_placed, finished=now_finished, seed=seed)

            simulation.run(show)
        publisher.flush()
        result = verdict(simulation)
        console.print(_table(result.handled, result.shown))
        self.status.tell(
            state="failed" if result.faults or simulation.refused else "done",
            problem="\n".join([*result.faults[:5], *simulation.refused[:5]]),
            total=len(times),
            placed=len(simulation.placed),
            finished=simulation.finished,
            frames=len(result.shown),
            seed=seed,
            rows=[[name, len(values), *ranks(values)] for name, values in _rows(result.handled, result.shown)],
        )
        if options["json"]:
            options["json"].write_text(json.dumps({"handled": result.handled, "browser": result.shown}))
        console.print(f"{len(simulation.placed)} orders, {len(result.shown)} frames in the browser, seed {seed}.")
        for refusal in simulation.refused[:5]:
            console.print(f"refused: {refusal}")
        if result.faults or simulation.refused:
            raise CommandError("\n".join([f"{len(result.faults)} faults:", *result.faults[:20]]))
        console.print("Nothing lost, nothing doubled, nothing out of order, nothing stale.")


def _courier(headers: dict[str, str], body: bytes) -> None:
    """Post a webhook of the courier to the shop, as a carrier would."""
    address = f"{settings.SITE_URL}{reverse('orders:carrier_webhook', args=[courier.Courier.name])}"
    httpx.post(address, content=body, headers=headers, timeout=30).raise_for_status()


def _rows(handled: dict[str, list[float]], shown: list[float]) -> list[tuple[str, list[float]]]:
    found = [*((f"→ handled by {name}", values) for name, values in sorted(handled.items())), ("→ browser", shown)]
    return [(name, sorted(values)) for name, values in found if values]


def ranks(ordered: list[float]) -> list[float]:
    """p50, p95, p99 and max of ascending milliseconds."""
    at = [ordered[min(len(ordered) - 1, int(len(ordered) * q))] for q in (0.5, 0.95, 0.99)]
    return [round(value, 1) for value in (*at, ordered[-1])]


def _table(handled: dict[str, list[float]], shown: list[float]) -> Table:
    table = Table("milliseconds", "count", "p50", "p95", "p99", "max", title="From commit")
    for name, values in _rows(handled, shown):
        table.add_row(name, str(len(values)), *(f"{value:.1f}" for value in ranks(values)))
    return table


class Status:
    """The status file that the staff page reads. It is replaced as a whole, a few times a second at most."""

    def __init__(self, path: Path | None) -> None:
        self.path, self.next = path, 0.0

    def tell(self, **values: Any) -> None:
        """Replace the content of the file."""
        now = time.monotonic()
        if self.path is None or (values["state"] == "running" and now < self.next):
            return
        self.next = now + 0.3
        fresh = self.path.with_suffix(f".{os.getpid()}")
        fresh.write_text(json.dumps({**values, "pid": os.getpid()}))
        fresh.replace(self.path)
