"""Importing a product list: upsert by SKU, keep what is good, name what is not by its line."""

import csv
import gzip
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any, TextIO

from django.conf import settings
from django.db import transaction
from django.utils.text import slugify
from djmoney.money import Money

from shop.catalog import stock
from shop.catalog.models import Category, Product, Stock, Variant

CODES, TITLES, PRICES = ("stock_code", "sku", "code"), ("description", "title", "name"), ("median_price", "price")
SHELF = ("more-things", "More things", "更多好物")
BATCH = 500


class Unusable(Exception):
    """The file as a whole cannot be imported; nothing was."""


@dataclass(frozen=True)
class Row:
    """A good row."""

    line: int
    sku: str
    title: str
    price: Decimal
    stock: int | None


@dataclass
class Report:
    """What became of a file.

    `bad` has (line number, reason); `damage` says where the file could not be read any further.
    """

    added: int = 0
    updated: int = 0
    unchanged: int = 0
    bad: list[tuple[int, str]] = field(default_factory=list)
    damage: str = ""


def open_text(path: Path) -> TextIO:
    """The file as text, gzipped or not. Bytes that are not UTF-8 survive as surrogates and are found row by row."""
    if path.suffix == ".gz":
        return gzip.open(path, "rt", encoding="utf-8-sig", errors="surrogateescape", newline="")
    return path.open(encoding="utf-8-sig", errors="surrogateescape", newline="")


def parse(stream: TextIO, report: Report) -> Iterator[Row]:
    """Good rows; the others go to `report.bad`. Raises `Unusable` without the columns that matter.

    The rows before a damaged place are good ones; the place goes to `report.damage`. A line that breaks off there is no
    row.
    """
    reader = csv.DictReader(stream, strict=True)
    began = False
    try:
        columns = [name.strip().lower() for name in reader.fieldnames or []]
        reader.fieldnames = columns
        code, title, price = (_column(columns, names) for names in (CODES, TITLES, PRICES))
        began = True
        seen: dict[str, int] = {}
        for raw in reader:
            line = reader.line_num
            try:
                row = _row(line, raw, code, title, price)
            except ValueError as problem:
                report.bad.append((line, str(problem)))
                continue
            if first := seen.get(row.sku):
                report.bad.append((line, f"the code {row.sku} is on line {first} already"))
                continue
            seen[row.sku] = line
            yield row
    except csv.Error as problem:
        report.bad.append((reader.line_num, f"not readable as CSV: {problem}; the rest was not read"))
    except (EOFError, OSError, zlib.error) as problem:
        if not began:
            raise Unusable(f"The file cannot be read: {problem}") from problem
        report.damage = f"The file is damaged after line {reader.line_num}: {problem}"


def _column(columns: list[str], names: tuple[str, ...]) -> str:
    for name in names:
        if name in columns:
            return name
    raise Unusable(f"The file has no column {' or '.join(names)}; it has: {', '.join(columns) or 'none'}.")


def _row(line: int, raw: dict[str, str | None], code: str, title: str, price: str) -> Row:
    if None in raw:
        raise ValueError("has more fields than the header")
    if any(value is None for value in raw.values()):
        raise ValueError("has fewer fields than the header")
    text = {key: (value or "").strip() for key, value in raw.items()}
    if any(0xDC80 <= ord(char) <= 0xDCFF for value in text.values() for char in value):
        raise ValueError("is not UTF-8")
    if any(ord(char) < 32 for value in text.values() for char in value if char not in "\t\r\n"):
        raise ValueError("has control characters")
    sku = text[code]
    if not sku or len(sku) > 40:
        raise ValueError("has no code" if not sku else "has a code of more than 40 characters")
    name = " ".join(text[title].split())
    if not name:
        raise ValueError(f"{sku} has no description")
    if len(name) > 160:
        raise ValueError(f"{sku} has a description of more than 160 characters")
    try:
        amount = Decimal(text[price])
    except InvalidOperation:
        raise ValueError(f"{sku} has the price {text[price]!r}, which is not a number") from None
    if not amount.is_finite() or amount < 0 or amount >= 10**9:
        raise ValueError(f"{sku} has the price {text[price]}, which is not possible")
    on_hand = text.get("stock", "")
    if on_hand and not (on_hand.isascii() and on_hand.isdigit() and int(on_hand) < 10**8):
        raise ValueError(f"{sku} has the stock {on_hand!r}, which is not a whole number")
    return Row(
        line,
        sku,
        name.capitalize() if name.isupper() else name,
        amount.quantize(Decimal("0.01")),
        int(on_hand) if on_hand else None,
    )


def import_rows(rows: Iterator[Row], report: Report, opening: int = 0) -> Iterator[int]:
    """Store rows in batches; yields the line reached after each. New products without a stock get `opening`."""
    category = _category()
    slugs = set(Product.objects.values_list("slug", flat=True))
    batch: list[Row] = []
    for row in rows:
        batch.append(row)
        if len(batch) == BATCH:
            _store(batch, report, category, slugs, opening)
            yield row.line
            batch = []
    if batch:
        _store(batch, report, category, slugs, opening)
        yield batch[-1].line


def _category() -> Category:
    slug, title, title_zh = SHELF
    found = Category.objects.filter(slug=slug).first()
    return found or Category.objects.add_root(instance=Category(slug=slug, title_en=title, title_zh_hans=title_zh))


def _store(rows: list[Row], report: Report, category: Category, slugs: set[str], opening: int) -> None:
    with transaction.atomic():
        known = {
            v.sku: v for v in Variant.objects.filter(sku__in=[r.sku for r in rows]).select_related("product", "stock")
        }
        fresh = [row for row in rows if row.sku not in known]
        products = Product.objects.bulk_create(
            Product(slug=_slug(row, slugs), category=category, title_en=row.title) for row in fresh
        )
        variants = Variant.objects.bulk_create(
            Variant(product=product, sku=row.sku, price=_money(row.price))
            for row, product in zip(fresh, products, strict=True)
        )
        Stock.objects.bulk_create(
            Stock(variant=variant, sku=row.sku, on_hand=opening if row.stock is None else row.stock)
            for row, variant in zip(fresh, variants, strict=True)
        )
        report.added += len(fresh)
        # In the order of the stock rows, as checkouts lock them: neither waits for the other in a circle.
        for row in sorted((r for r in rows if r.sku in known), key=lambda r: known[r.sku].stock.pk):
            changed = _update(known[row.sku], row, report)
            report.updated += changed
            report.unchanged += not changed


def _update(variant: Variant, row: Row, report: Report) -> bool:
    changed = False
    if variant.price != _money(row.price):
        variant.price = _money(row.price)
        variant.save(update_fields=["price", "price_currency"])
        changed = True
    if not variant.option and variant.product.title_en != row.title:  # type: ignore[attr-defined]
        variant.product.title_en = row.title  # type: ignore[attr-defined]
        variant.product.save()
        changed = True
    if row.stock is not None and row.stock != variant.stock.on_hand:
        try:
            stock.adjust(variant, row.stock, reason="imported")
            changed = True
        except ValueError as problem:
            report.bad.append((row.line, str(problem)))
    return changed


def _slug(row: Row, taken: set[str]) -> str:
    base = slugify(f"{row.title[:70]} {row.sku}") or "product"
    slug, n = base, 1
    while slug in taken:
        n += 1
        slug = f"{base}-{n}"
    taken.add(slug)
    return slug


def _money(amount: Decimal) -> Any:
    return Money(amount, settings.DEFAULT_CURRENCY)
