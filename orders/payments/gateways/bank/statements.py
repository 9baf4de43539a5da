"""Bank statements as files: CAMT.053 (ISO 20022) and the CSV of online banking. Only money that came in is read."""

import csv
import hashlib
import io
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal, InvalidOperation

from django.utils.translation import gettext as _
from moneyed import CURRENCIES

from shop.lib.currencies import decimals_of
from shop.lib.typed_money import AmountReader, NotAnAmount

LARGEST = 20_000_000
"""Bytes of a file: some ten thousand lines."""


class BadStatement(ValueError):
    """The file cannot be read. The argument says where and why, to staff."""


@dataclass(frozen=True)
class Line:
    """One amount that came in. `key` is the same whenever the bank tells of it again."""

    key: str
    day: date
    amount: Decimal
    currency: str
    text: str
    name: str


def read(content: bytes) -> list[Line]:
    """The lines of a file of either kind. Raises `BadStatement`: a file is read whole, or not at all."""
    if len(content) > LARGEST:
        raise BadStatement(_("The file is too large."))
    if not content.strip():
        raise BadStatement(_("The file is empty."))
    found = list(_camt(content) if content.lstrip(b"\xef\xbb\xbf \r\n\t").startswith(b"<") else _csv(content))
    if not found:
        raise BadStatement(_("There is no line in it with money that came in."))
    return _told_apart(found)


def _told_apart(lines: Iterable[Line]) -> list[Line]:
    """Two equal lines of one day without a reference of the bank are two: the second has a key of its own."""
    seen: Counter[str] = Counter()
    made = []
    for line in lines:
        seen[line.key] += 1
        more = seen[line.key] - 1
        made.append(line if not more else Line(f"{line.key}#{more}", *list(vars(line).values())[1:]))
    return made


def _key(*parts: object) -> str:
    return hashlib.sha256("\x1f".join(str(part) for part in parts).encode()).hexdigest()[:40]


def _amount(text: str, currency: str, where: str) -> Decimal:
    if currency not in CURRENCIES:
        raise BadStatement(
            _("%(where)s: there is no currency “%(currency)s”.") % {"where": where, "currency": currency}
        )
    try:
        amount = Decimal(text)
    except InvalidOperation:
        raise BadStatement(_("%(where)s: “%(text)s” is no amount.") % {"where": where, "text": text[:40]}) from None
    if not amount.is_finite() or amount < 0 or amount != round(amount, decimals_of(currency)):
        raise BadStatement(_("%(where)s: “%(text)s” is no amount.") % {"where": where, "text": text[:40]})
    return amount


# -- CAMT.053 -------------------------------------------------------------------------------------


def _camt(content: bytes) -> Iterator[Line]:
    from lxml import etree  # only who reads a statement loads it

    # Nothing is fetched, and no entity is expanded: the file comes from outside.
    parser = etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=False, load_dtd=False)
    try:
        root = etree.fromstring(content, parser)
    except etree.XMLSyntaxError as problem:
        raise BadStatement(_("The file is cut off or is no XML: %(problem)s") % {"problem": problem}) from None
    kind = etree.QName(root).namespace or ""
    if "camt.053" not in kind:
        raise BadStatement(_("This is XML, but no CAMT.053 statement."))
    space = {"c": kind}
    statements = root.findall("c:BkToCstmrStmt/c:Stmt", space)
    for statement in statements:
        for n, entry in enumerate(statement.findall("c:Ntry", space), start=1):
            yield from _entry(entry, space, _("entry %(n)s") % {"n": n})


def _entry(entry: object, space: dict[str, str], where: str) -> Iterator[Line]:
    """The amounts of one entry that are booked, came in, and were not taken back."""

    def text(of: object, path: str) -> str:
        return (of.findtext(path, "", space) or "").strip()  # type: ignore[attr-defined]

    booked = text(entry, "c:Sts/c:Cd") or text(entry, "c:Sts")
    if text(entry, "c:CdtDbtInd") != "CRDT" or booked != "BOOK" or text(entry, "c:RvslInd") == "true":
        return
    said = text(entry, "c:BookgDt/c:Dt") or text(entry, "c:BookgDt/c:DtTm")[:10]
    try:
        day = date.fromisoformat(said)
    except ValueError:
        raise BadStatement(_("%(where)s: “%(text)s” is no day.") % {"where": where, "text": said[:20]}) from None
    details = entry.findall("c:NtryDtls/c:TxDtls", space) or [entry]  # type: ignore[attr-defined]
    for n, detail in enumerate(details):
        amount = detail.find("c:Amt", space)
        if amount is None:
            amount = detail.find("c:AmtDtls/c:TxAmt/c:Amt", space)
        if amount is None:
            if len(details) > 1:
                raise BadStatement(_("%(where)s: a part of it has no amount.") % {"where": where})
            amount = entry.find("c:Amt", space)  # type: ignore[attr-defined]
        if amount is None:
            raise BadStatement(_("%(where)s: it has no amount.") % {"where": where})
        currency = amount.get("Ccy", "")
        value = _amount((amount.text or "").strip(), currency, where)
        said_text = " ".join(
            (part.text or "").strip()
            for path in ("c:RmtInf/c:Ustrd", "c:RmtInf/c:Strd/c:CdtrRefInf/c:Ref")
            for part in detail.findall(path, space)
        )
        said_text = said_text or text(entry, "c:AddtlNtryInf")
        name = text(detail, "c:RltdPties/c:Dbtr/c:Nm") or text(detail, "c:RltdPties/c:Dbtr/c:Pty/c:Nm")
        reference = text(detail, "c:Refs/c:AcctSvcrRef") or text(entry, "c:AcctSvcrRef")
        key = _key("camt", reference, n) if reference else _key(day, value, currency, said_text, name)
        yield Line(key, day, value, currency, said_text[:500], name[:140])


# -- CSV ------------------------------------------------------------------------------------------

COLUMNS: dict[str, tuple[str, ...]] = {
    "day": ("buchungstag", "buchungsdatum", "buchung", "booking date", "date", "datum", "completed date", "valuta"),
    "amount": ("betrag", "betrag (eur)", "betrag (€)", "amount", "umsatz", "credit", "haben"),
    "currency": ("währung", "waehrung", "currency", "waehrungscode"),
    "text": ("verwendungszweck", "remittance information", "reference", "description", "purpose", "payment reference"),
    "name": (
        "auftraggeber/empfänger",
        "beguenstigter/zahlungspflichtiger",
        "name zahlungsbeteiligter",
        "zahlungspflichtige*r",
        "payer",
        "name",
        "counterparty",
        "partner name",
    ),
}
"""What banks call the columns, in lower case."""
DAYS = ("%Y-%m-%d", "%d.%m.%Y", "%d.%m.%y", "%d/%m/%Y")


def _csv(content: bytes) -> Iterator[Line]:
    text = _decoded(content)
    rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter(text)))
    start, places = _head(rows)
    reader = AmountReader("EUR")
    for number, row in enumerate(rows[start:], start=start + 1):
        where = _("line %(n)s") % {"n": number}
        if not any(cell.strip() for cell in row):
            continue

        def cell(name: str, row: list[str] = row) -> str:
            place = places.get(name)
            return row[place].strip() if place is not None and place < len(row) else ""

        if not cell("amount") or not cell("day"):
            if len(row) < len(rows[start - 1]):
                raise BadStatement(_("%(where)s: the file is cut off here.") % {"where": where})
            continue
        currency = cell("currency") or "EUR"
        signed = cell("amount").replace("\N{MINUS SIGN}", "-").rstrip()
        if signed.startswith("-") or signed.endswith("-"):
            continue  # money that went out
        reader.currency = currency
        try:
            value = reader.read(signed.lstrip("+"))
        except (NotAnAmount, KeyError):
            raise BadStatement(
                _("%(where)s: “%(text)s” is no amount.") % {"where": where, "text": signed[:40]}
            ) from None
        day = _day(cell("day"), where)
        yield Line(
            _key(day, value, currency, cell("text"), cell("name")),
            day,
            _amount(str(value), currency, where),
            currency,
            cell("text")[:500],
            cell("name")[:140],
        )


def _decoded(content: bytes) -> str:
    for encoding in ("utf-8-sig", "cp1252"):
        try:
            return content.decode(encoding).replace("\0", "")
        except UnicodeDecodeError:
            continue
    raise BadStatement(_("The file is neither a CSV nor XML."))


def _delimiter(text: str) -> str:
    head = text[:4000]
    return max(";,\t", key=head.count)


def _head(rows: list[list[str]]) -> tuple[int, dict[str, int]]:
    """The number of the first row after the heads, and the place of each column. Banks write lines above them."""
    for number, row in enumerate(rows[:30]):
        names = [re.sub(r"\s+", " ", cell).strip().strip('"').casefold() for cell in row]
        places = {
            column: names.index(known)
            for column, knowns in reversed(COLUMNS.items())
            for known in reversed(knowns)
            if known in names
        }
        if {"day", "amount", "text"} <= places.keys():
            return number + 1, places
    raise BadStatement(_("There are no columns for the day, the amount and the reference."))


def _day(text: str, where: str) -> date:
    for form in DAYS:
        try:
            return datetime.strptime(text, form).date()
        except ValueError:
            continue
    raise BadStatement(_("%(where)s: “%(text)s” is no day.") % {"where": where, "text": text[:20]})
