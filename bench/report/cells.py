"""Tables, and how a figure is written in them."""

from dataclasses import dataclass, field
from typing import Any


@dataclass
class Table:
    """A title, the names of the columns, the rows; what must be said with it."""

    title: str
    columns: tuple[str, ...]
    rows: list[tuple[Any, ...]] = field(default_factory=list)
    note: str = ""


def number(value: Any) -> str:
    """As people read it: three digits that matter, and no more. What is not there is a dash."""
    if value is None:
        return "–"
    if not isinstance(value, (int, float)) or isinstance(value, bool):
        return str(value)
    if abs(value) >= 1000:
        return f"{value:,.0f}"
    if abs(value) >= 100:
        return f"{value:.0f}"
    return f"{value:.3g}" if value else "0"


def markdown(table: Table) -> str:
    """A heading, the table, its note."""
    lines = [f"| {' | '.join(table.columns)} |", f"|{'---|' * len(table.columns)}"]
    lines += [f"| {' | '.join(number(cell) for cell in row)} |" for row in table.rows]
    parts = [f"## {table.title}", "\n".join(lines) if table.rows else "Not measured.", table.note]
    return "\n\n".join(part for part in parts if part)
