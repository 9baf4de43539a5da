"""`manage.py doctor`: is this installation able to sell?"""

import sys
from typing import IO, Any, cast

from django.core.management.base import BaseCommand
from rich.console import Console
from rich.table import Table

from shop.serve.doctor import State, examine

COLOURS = {State.GOOD: "green", State.WARNING: "yellow", State.BAD: "red"}


class Command(BaseCommand):
    """One table; exit code 1 if something that a sale needs is missing."""

    help = "Check everything that a sale needs, and print one table. Exit code 1 if something is missing."
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        table = Table("check", "state", "")
        found = list(examine())
        for finding in found:
            table.add_row(finding.name, f"[{COLOURS[finding.state]}]{finding.state}", finding.words)
        Console(file=cast(IO[str], self.stdout._out), soft_wrap=True, highlight=False).print(table)
        bad = [finding.name for finding in found if finding.state is State.BAD]
        self.stdout.write(f"This shop cannot sell yet: {', '.join(bad)}." if bad else "This shop can sell.")
        if bad:
            sys.exit(1)
