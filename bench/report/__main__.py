"""`python -m bench.report [FILE] [--keep] [--hour FILE]`: the tables of a run.

Without a file, the run that is kept is written into the pages again. With a file, its tables are printed; `--keep`
makes it the run that is kept, with its plots, and writes the pages. `--hour` keeps what `make bench-hour` printed.
"""

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table as RichTable

from bench.report import pages
from bench.report.cells import Table, number
from bench.report.tables import every


def printed(table: Table) -> None:
    """A table in the terminal."""
    shown = RichTable(*table.columns, title=table.title.replace("**", ""), title_justify="left")
    for row in table.rows:
        shown.add_row(*(number(cell) for cell in row))
    console = Console(width=None if sys.stdout.isatty() else 160)
    console.print(shown)
    if table.note:
        console.print(table.note)


def show(found: dict[str, Any]) -> None:
    """Every table of a run in the terminal."""
    print(pages.provenance(found))
    for table in every(found):
        printed(table)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("file", type=Path, nargs="?")
    parser.add_argument("--keep", action="store_true")
    parser.add_argument("--hour", type=Path)
    args = parser.parse_args()
    if args.hour:
        pages.HOUR.write_text(pages.dumped(json.loads(args.hour.read_text())))
    if args.file:
        found = json.loads(args.file.read_text())
        show(found)
        if args.keep:
            from bench import plots

            pages.RUN.write_text(pages.dumped(found))
            plots.write(found, pages.RESULTS)
    if args.keep or args.hour or not args.file:
        pages.write(pages.kept(pages.RUN), pages.kept(pages.HOUR))


if __name__ == "__main__":
    main()
