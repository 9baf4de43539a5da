"""`manage.py import_catalog FILE.csv[.gz|.xlsx]`: upsert products by their codes."""

from contextlib import nullcontext
from pathlib import Path
from typing import IO, Any, cast

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction
from rich.console import Console
from rich.progress import Progress

from shop.catalog import importing, price_lists


class Command(BaseCommand):
    """Good rows are kept; bad rows are named by line and reason."""

    help = (
        "Import products from a CSV file (gzipped or not) or a spreadsheet. Columns: stock_code (or sku), description "
        "(or title), median_price (or price), and, if there are some, stock, and price_usd "
        "and the like. Running it again updates, and doubles nothing."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """The file, and what to assume of stock."""
        parser.add_argument("file", type=Path)
        parser.add_argument("--dry-run", action="store_true", help="say what would happen, and change nothing")
        parser.add_argument("--encoding", default="", help="of a CSV file that is not in UTF-8, such as cp1252")
        parser.add_argument(
            "--stock",
            type=int,
            default=25 if settings.DEMO else 0,
            help="on hand of new products when the file has no stock column (default: %(default)s)",
        )

    def handle(self, *args: Any, file: Path, stock: int, dry_run: bool, encoding: str, **options: Any) -> None:
        """Read, store, report. Exit code 1 only if the file is unusable, as a whole or from some line on."""
        report = importing.Report()
        if stock < 0:
            raise CommandError("--stock cannot be negative.")
        console = Console(file=cast(IO[str], self.stderr._out))
        try:
            with (
                price_lists.opened(file, encoding) as records,
                Progress(console=console, transient=True, disable=not console.is_terminal) as progress,
                transaction.atomic() if dry_run else nullcontext(),
            ):
                bar = progress.add_task("Importing", total=None)
                for line in importing.import_rows(importing.parse(records, report), report, stock):
                    progress.update(bar, completed=line)
                if dry_run:
                    transaction.set_rollback(True)
        except price_lists.Unusable as problem:
            raise CommandError(str(problem)) from problem
        except OSError as problem:
            raise CommandError(f"{file} cannot be read: {problem.strerror or problem}") from problem
        for line, reason in sorted(report.bad):
            self.stderr.write(f"line {line}: {reason}")
        self.stdout.write(
            f"{report.added} added, {report.updated} updated, {report.unchanged} unchanged, {len(report.bad)} bad rows."
            + (" Nothing was changed: this was a dry run." if dry_run else "")
        )
        if report.damage:
            raise CommandError(f"{report.damage}. The good rows up to there are kept; nothing behind was read.")
