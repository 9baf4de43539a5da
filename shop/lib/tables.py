"""Tables as files for spreadsheets: CSV and XLSX. No cell of them is ever run as a formula."""

import csv
import io
from collections.abc import Iterable, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.http import HttpResponse
from django.utils import timezone

KINDS = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
FORMULAS = ("=", "+", "-", "@", "\t", "\r")
"""A cell that begins so, a spreadsheet takes for a formula; one of a customer's name could send the table elsewhere."""
MARK = "'"


def defused(text: str) -> str:
    """The text with a mark before it if it would be run as a formula."""
    return MARK + text if text.startswith(FORMULAS) else text


def without_mark(text: str) -> str:
    """The text as it was before `defused`."""
    return text[1:] if text.startswith(MARK) and text[1:].startswith(FORMULAS) else text


def response(kind: str, name: str, header: Sequence[str], rows: Iterable[Sequence[Any]]) -> HttpResponse:
    """The table as a file to keep. `kind` is a key of `KINDS`."""
    content = _xlsx(header, rows) if kind == "xlsx" else _csv(header, rows)
    disposition = f'attachment; filename="{name}.{kind}"'
    return HttpResponse(content, content_type=KINDS[kind], headers={"Content-Disposition": disposition})


def _csv(header: Sequence[str], rows: Iterable[Sequence[Any]]) -> bytes:
    made = io.StringIO(newline="")
    writer = csv.writer(made)
    writer.writerow(header)
    for row in rows:
        writer.writerow([defused(cell) if isinstance(cell, str) else _plain(cell) for cell in row])
    return made.getvalue().encode("utf-8-sig")  # Excel reads UTF-8 only with a mark at the beginning


def _plain(cell: Any) -> Any:
    if isinstance(cell, datetime):
        return timezone.localtime(cell).strftime("%Y-%m-%d %H:%M")
    return "" if cell is None else cell


def _xlsx(header: Sequence[str], rows: Iterable[Sequence[Any]]) -> bytes:
    import xlsxwriter  # only a process that exports needs it

    made = io.BytesIO()
    with xlsxwriter.Workbook(made, {"constant_memory": True}) as book:
        page = book.add_worksheet()
        bold, moment = book.add_format({"bold": True}), book.add_format({"num_format": "yyyy-mm-dd hh:mm"})
        for column, title in enumerate(header):
            page.write_string(0, column, title, bold)
        for number, row in enumerate(rows, 1):
            for column, cell in enumerate(row):
                if isinstance(cell, int | Decimal):
                    page.write_number(number, column, cell)
                elif isinstance(cell, datetime):
                    page.write_datetime(number, column, timezone.localtime(cell).replace(tzinfo=None), moment)
                elif cell:
                    page.write_string(number, column, str(cell))
        page.freeze_panes(1, 0)
    return made.getvalue()
