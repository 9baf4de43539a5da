"""Reading price lists: CSV as any spreadsheet writes it, gzipped or not, and the spreadsheets' own files."""

import csv
import datetime
import gzip
import io
import re
import zipfile
import zlib
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any, BinaryIO, TextIO, cast

from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop
from moneyed import CURRENCIES as KNOWN

CODES, TITLES, PRICES = ("stock_code", "sku", "code"), ("description", "title", "name"), ("median_price", "price")
SPREADSHEETS = frozenset({".xlsx", ".xlsm", ".xlsb", ".xls", ".ods"})
SEPARATORS = ",;\t|"
MOST_LINES = 50  # of one record: a title or text may have line ends
LONGEST_LINE = 1_000_000  # characters
MOST_UNPACKED = 300_000_000  # bytes of a spreadsheet, which is a zip file


class Unusable(Exception):
    """The file as a whole cannot be read."""


class Damaged(Exception):
    """The file cannot be read any further."""


@dataclass(frozen=True)
class Record:
    """A row as it stands in the file: `fields` by column, or what is wrong with the row.

    `line` is the file's line, or the spreadsheet's row, where it begins.
    """

    line: int
    fields: dict[str, str]
    problem: str = ""


@contextmanager
def opened(path: Path, encoding: str = "") -> Iterator[Iterator[Record]]:
    """The records of a file. `encoding` is that of a CSV file which is not in UTF-8 and has no byte order mark.

    Raises `Unusable`, `Damaged`, `OSError`.
    """
    if path.suffix.lower() in SPREADSHEETS:
        yield read_rows(_spreadsheet(path))
        return
    with open_text(path, encoding) as stream:
        yield read_text(stream)


def open_text(path: Path, encoding: str = "") -> TextIO:
    """A CSV file as text. Bytes that are not of the encoding survive as surrogates, and are found row by row."""
    packed = path.suffix.lower() == ".gz"
    if not encoding:
        with cast(BinaryIO, gzip.open(path) if packed else path.open("rb")) as raw:
            try:
                start = raw.read(2)
            except (EOFError, OSError, zlib.error) as problem:
                raise Unusable(_("The file cannot be read: %(problem)s") % {"problem": problem}) from problem
        # Excel's "Unicode text" is UTF-16 with a byte order mark.
        encoding = "utf-16" if start in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
    how: dict[str, Any] = {"encoding": encoding, "errors": "surrogateescape", "newline": ""}
    if encoding == "utf-16":
        how["errors"] = "replace"
    try:
        return cast(TextIO, gzip.open(path, "rt", **how) if packed else path.open(**how))
    except LookupError:
        raise Unusable(_("There is no encoding '%(name)s'; cp1252 and gb18030 are two.") % {"name": encoding}) from None


def read_text(stream: TextIO) -> Iterator[Record]:
    """The records of a CSV text: separator by the header, or by Excel's line `sep=;`.

    A row that cannot be read costs that row alone. Rows without any content are left out.
    """
    lines = _Lines(stream)
    first = lines.take() or ""
    given = re.fullmatch(r"\ufeff?sep=(.)\s*", first, re.IGNORECASE)
    if given:
        first = lines.take() or ""
    separator, header = _header(first, given[1] if given else SEPARATORS)
    while (line := lines.take()) is not None:
        number, taken = lines.number, [line]
        fields = _split(line, separator)
        while fields == _OPEN and len(taken) < MOST_LINES and (more := lines.take()) is not None:
            taken.append(more)
            fields = _split("".join(taken), separator)
        joined = len(taken) > 1
        if joined and (
            isinstance(fields, str) or len(fields) != len(header) or _has_rows(taken[1:], separator, header)
        ):
            lines.put_back(taken[1:])  # a stray quote: the lines behind it are rows of their own
            fields = _OPEN
        if isinstance(fields, str):
            yield Record(number, {}, _(fields))
        elif any(field.strip() for field in fields):
            yield _record(number, header, fields)


def read_rows(rows: Iterator[list[Any]]) -> Iterator[Record]:
    """The records of a spreadsheet; the first row that has any content is the header."""
    header: list[str] = []
    for number, cells in enumerate(rows, 1):
        fields = [_cell(cell) for cell in cells]
        if not any(fields):
            continue
        if not header:
            while fields and not fields[-1]:
                fields.pop()
            header = columns(fields)
            continue
        extra = fields[len(header) :]
        yield _record(number, header, fields if any(extra) else fields[: len(header)])
    if not header:
        columns([])


def columns(header: list[str]) -> list[str]:
    """The names of the columns; those that matter under the first of their names, whichever the file has.

    Raises `Unusable` if one that matters is missing.
    """
    found = [" ".join(name.replace("\ufeff", "").lower().split()) for name in header]
    usual = {}
    for names in (CODES, TITLES, PRICES):
        if not (there := [name for name in names if name in found]):
            raise Unusable(
                _("The file has no column %(names)s; it has: %(found)s.")
                % {"names": _(" or ").join(names), "found": ", ".join(found) or _("none")}
            )
        usual[there[0]] = names[0]
    for name in found:
        code = name.removeprefix("price_").upper()
        if name.startswith("price_") and code in KNOWN and code not in settings.CURRENCIES:
            raise Unusable(
                _("The file has prices in %(code)s: add it to MORE_CURRENCIES, or take the column %(name)s out.")
                % {"code": code, "name": name}
            )
    return [usual.get(name, name) for name in found]


def price_column(currency: str) -> str:
    """The name of the column with the prices in that currency."""
    return f"price_{currency.lower()}"


_OPEN = gettext_noop("has a quotation mark that is never closed")


def _header(line: str, separators: str) -> tuple[str, list[str]]:
    refusals = []
    for separator in separators:
        fields = _split(line.replace("\ufeff", ""), separator)
        if isinstance(fields, str):
            refusals.append((0, Unusable(_("The first line %(problem)s.") % {"problem": _(fields)})))
            continue
        try:
            return separator, columns(fields)
        except Unusable as refusal:
            refusals.append((len(fields), refusal))
    raise max(refusals, key=lambda refusal: refusal[0])[1]


def _has_rows(lines: list[str], separator: str, header: list[str]) -> bool:
    """Whether one of these lines is a row by itself: then a quote before them was a stray one."""
    price = header.index(PRICES[0])
    rows = [_split(line, separator) for line in lines]
    return any(
        not isinstance(row, str) and len(row) == len(header) and any(map(str.isdigit, row[price])) for row in rows
    )


def _split(line: str, separator: str) -> list[str] | str:
    """The fields of a record; or what is wrong with it."""
    try:
        rows = list(csv.reader(io.StringIO(line, newline=""), delimiter=separator, strict=True))
    except csv.Error as problem:
        if "unexpected end of data" in str(problem):
            return _OPEN
        return _("is not readable as CSV: %(problem)s") % {"problem": problem}
    return rows[0] if rows else []


def _record(number: int, header: list[str], fields: list[str]) -> Record:
    if len(fields) != len(header):
        more = len(fields) > len(header)
        return Record(
            number, {}, _("has more fields than the header") if more else _("has fewer fields than the header")
        )
    return Record(number, {name: field.strip() for name, field in zip(header, fields, strict=True)})


def _cell(value: Any) -> str:
    if isinstance(value, float):
        number = Decimal(repr(round(value, 6))).normalize()
        # Three digits behind the point could be taken for a thousand: a fourth makes clear what they are.
        return f"{number:f}" if number.as_tuple().exponent != -3 else f"{number:.4f}"
    if isinstance(value, datetime.date):
        return value.isoformat()
    return str(value).strip()


def _spreadsheet(path: Path) -> Iterator[list[Any]]:
    """The rows of a spreadsheet's first table."""
    from python_calamine import CalamineError, CalamineWorkbook

    try:
        if zipfile.is_zipfile(path):
            with zipfile.ZipFile(path) as packed:
                size = sum(part.file_size for part in packed.infolist())
            if size > MOST_UNPACKED:
                raise Unusable(
                    _("The file would be %(size)s MB when it is unpacked: save it as CSV.") % {"size": size // 10**6}
                )
        with CalamineWorkbook.from_path(path) as book:
            table = book.get_sheet_by_index(0)
            return iter(table.to_python(skip_empty_area=False))
    except (CalamineError, zipfile.BadZipFile, IndexError) as problem:
        raise Unusable(
            _("The file is not a spreadsheet that can be read: %(problem)s") % {"problem": problem}
        ) from problem


class _Lines:
    """The lines of a text, which can be put back. `number` is that of the line taken last."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._waiting: deque[str] = deque()
        self.number = 0

    def take(self) -> str | None:
        """The next line with its end; None behind the last. Raises `Damaged`, or `Unusable` before the first."""
        if self._waiting:
            line = self._waiting.popleft()
        else:
            try:
                line = self._stream.readline(LONGEST_LINE)
            except (EOFError, OSError, zlib.error) as problem:
                if not self.number:
                    raise Unusable(_("The file cannot be read: %(problem)s") % {"problem": problem}) from problem
                raise Damaged(
                    _("The file is damaged after line %(line)s: %(problem)s")
                    % {"line": self.number, "problem": problem}
                ) from problem
            if not line:
                return None
            if len(line) == LONGEST_LINE:
                raise Damaged(
                    _("Line %(line)s has more than %(most)s characters")
                    % {"line": self.number + 1, "most": f"{LONGEST_LINE:,}"}
                )
        self.number += 1
        return line

    def put_back(self, lines: list[str]) -> None:
        self._waiting.extendleft(reversed(lines))
        self.number -= len(lines)
