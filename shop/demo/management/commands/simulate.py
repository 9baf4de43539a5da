"""`manage.py simulate`: give the live pages life, and measure."""

import json
import random
from pathlib import Path
from typing import IO, Any, cast

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
from rich.table import Table

from events import publisher
from shop.demo.simulator import Simulation, Watcher, verdict


class Command(BaseCommand):
    """Orders at a rate; then a latency table, and exit code 1 if anything was lost, doubled, out of order or stale."""

    help = "Shoppers order, staff and couriers move the orders; ends with a latency table."

    def add_arguments(self, parser: CommandParser) -> None:
        """How many, how fast."""
        parser.add_argument("--orders", type=int, default=20)
        parser.add_argument("--rate", type=float, default=2.0, help="orders placed per second")
        parser.add_argument("--pace", type=float, default=2.0, help="seconds between an order's steps, about")
        parser.add_argument("--seed", type=int, default=None)
        parser.add_argument("--json", type=Path, default=None, help="also write the latencies (milliseconds) here")

    def handle(self, *args: Any, orders: int, rate: float, pace: float, seed: int | None, **options: Any) -> None:
        """Run, wait, compare, print."""
        if orders < 1 or not 0 < rate <= 1000 or not 0 <= pace <= 3600:
            raise CommandError("--orders is 1 or more, --rate more than 0, --pace between 0 and 3600 seconds.")
        console = Console(file=cast(IO[str], self.stdout._out))
        seed = random.randrange(10**6) if seed is None else seed
        watcher = Watcher(settings.SITE_URL)
        if not watcher.start():
            raise CommandError(
                f"No live socket at {settings.SITE_URL} ({watcher.problem}). Is the shop running? Set SITE_URL to its address."
            )
        simulation = Simulation(orders, rate, pace, seed, watcher)
        if not simulation.variants or not simulation.methods:
            raise CommandError("There is nothing to buy or no way to deliver. Set up the catalogue first.")
        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
        with Progress(*columns, console=console) as progress:
            placed, finished = (
                progress.add_task("placed", total=orders),
                progress.add_task("at their end", total=orders),
            )

            def show(now_placed: int, now_finished: int) -> None:
                progress.update(placed, completed=now_placed)
                progress.update(finished, completed=now_finished)

            simulation.run(show)
        publisher.flush()
        result = verdict(simulation)
        console.print(_table(result.handled, result.shown))
        if options["json"]:
            options["json"].write_text(json.dumps({"handled": result.handled, "browser": result.shown}))
        console.print(f"{len(simulation.placed)} orders, {len(result.shown)} frames in the browser, seed {seed}.")
        for refusal in simulation.refused[:5]:
            console.print(f"refused: {refusal}")
        if result.faults or simulation.refused:
            raise CommandError("\n".join([f"{len(result.faults)} faults:", *result.faults[:20]]))
        console.print("Nothing lost, nothing doubled, nothing out of order, nothing stale.")


def _table(handled: dict[str, list[float]], shown: list[float]) -> Table:
    table = Table("milliseconds", "count", "p50", "p95", "p99", "max", title="From commit")
    for name, values in [*((f"→ handled by {h}", v) for h, v in sorted(handled.items())), ("→ browser", shown)]:
        ordered = sorted(values)
        if ordered:
            ranks = [ordered[min(len(ordered) - 1, int(len(ordered) * q))] for q in (0.5, 0.95, 0.99)]
            table.add_row(name, str(len(ordered)), *(f"{v:.1f}" for v in (*ranks, ordered[-1])))
    return table
