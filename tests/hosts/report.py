"""What a run found, as one table at its end."""

from dataclasses import dataclass

from rich.table import Table


@dataclass(frozen=True)
class Row:
    """What one host's absence meant outside."""

    host: str
    how: str
    true_after: float  # seconds from its end until every watched page was true
    errors: int  # pages that somebody did not get
    slowest: float  # seconds for the slowest page that somebody did get


REPORT: list[Row] = []


def table() -> Table:
    found = Table("host", "was", "pages true after", "error pages", "slowest page")
    for row in REPORT:
        found.add_row(row.host, row.how, f"{row.true_after:.1f} s", str(row.errors), f"{row.slowest:.1f} s")
    return found
