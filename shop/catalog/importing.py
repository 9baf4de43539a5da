"""Importing a product list: upsert by SKU, keep what is good, name what is not by its line."""

import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils.text import slugify
from django.utils.translation import gettext as _
from djmoney.money import Money

from shop.catalog import prices, stock, tree
from shop.catalog.models import Category, Price, Product, Stock, Variant
from shop.catalog.price_lists import CODES, PRICES, TITLES, Damaged, Record, price_column
from shop.lib import typed_text
from shop.lib.tables import without_mark
from shop.lib.typed_money import AmountReader, NotAnAmount

SHELF = ("more-things", "More things", "更多好物")
BATCH = 500
SLUG_LENGTH = Product._meta.get_field("slug").max_length or 50


@dataclass(frozen=True)
class Row:
    """A good row."""

    line: int
    sku: str
    title: str
    price: Decimal
    stock: int | None
    more: tuple[tuple[str, Decimal], ...] = ()
    """(currency, price) of the columns `price_usd` and the like; an empty field is no price, and changes none."""


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


def parse(records: Iterator[Record], report: Report) -> Iterator[Row]:
    """Good rows; the others go to `report.bad`, with what is wrong with them.

    The rows before a damaged place are good ones; the place goes to `report.damage`. A line that breaks off there is no
    row.
    """
    seen: dict[str, int] = {}
    amounts = {currency: AmountReader(currency) for currency in settings.CURRENCIES}
    try:
        for record in records:
            try:
                row = _row(record, amounts)
                if first := seen.get(row.sku):
                    raise ValueError(
                        _("the code %(sku)s is on line %(line)s already") % {"sku": row.sku, "line": first}
                    )
            except ValueError as problem:
                report.bad.append((record.line, str(problem)))
                continue
            seen[row.sku] = record.line
            yield row
    except Damaged as problem:
        report.damage = str(problem)


def _row(record: Record, amounts: dict[str, AmountReader]) -> Row:
    """Raises `ValueError` with what is wrong with the row."""
    if record.problem:
        raise ValueError(record.problem)
    # An export of ours marks what a spreadsheet would run as a formula.
    fields = {key: without_mark(value) for key, value in record.fields.items()}
    text = {key: unicodedata.normalize("NFC", value) for key, value in fields.items()}
    if any(0xDC80 <= ord(char) <= 0xDCFF for value in text.values() for char in value):
        raise ValueError(_("is not UTF-8: save the file as “CSV UTF-8”, or give its encoding by --encoding"))
    if any(ord(char) < 32 for value in text.values() for char in value if char not in "\t\r\n"):
        raise ValueError(_("has control characters"))
    sku = typed_text.one_line(text[CODES[0]])
    if not sku or len(sku) > 40:
        raise ValueError(_("has no code") if not sku else _("has a code of more than 40 characters"))
    name = typed_text.one_line(text[TITLES[0]])
    if not name:
        raise ValueError(_("%(sku)s has no description") % {"sku": sku})
    if len(name) > 160:
        raise ValueError(_("%(sku)s has a description of more than 160 characters") % {"sku": sku})
    amount = _amount(sku, text[PRICES[0]], amounts[settings.DEFAULT_CURRENCY])
    others = [(currency, text.get(price_column(currency), "")) for currency in amounts]
    more = tuple((currency, _amount(sku, typed, amounts[currency])) for currency, typed in others if typed)
    on_hand = text.get("stock", "").removesuffix(".0")
    if on_hand and not (on_hand.isascii() and on_hand.isdigit() and len(on_hand) < 9):
        raise ValueError(
            _("%(sku)s has the stock “%(typed)s”, which is not a whole number") % {"sku": sku, "typed": on_hand}
        )
    title = name.capitalize() if name.isupper() else name
    return Row(record.line, sku, title, amount, int(on_hand) if on_hand else None, more)


def _amount(sku: str, typed: str, reader: AmountReader) -> Decimal:
    try:
        return reader.read(typed)
    except NotAnAmount as problem:
        raise ValueError(
            _("%(sku)s has the price '%(typed)s', %(problem)s") % {"sku": sku, "typed": typed, "problem": problem}
        ) from None


def import_rows(rows: Iterator[Row], report: Report, opening: int = 0) -> Iterator[int]:
    """Store rows in batches; yields the line reached after each. New products without a stock get `opening`."""
    category = category_of_imports()
    slugs = set(Product.objects.values_list("slug", flat=True))
    batch: list[Row] = []
    for row in rows:
        batch.append(row)
        if len(batch) == BATCH:
            store(batch, report, category, slugs, opening)
            yield row.line
            batch = []
    if batch:
        store(batch, report, category, slugs, opening)
        yield batch[-1].line


def category_of_imports() -> Category:
    """Where new products stand until somebody puts them elsewhere."""
    slug, title, title_zh = SHELF
    if found := Category.objects.filter(slug=slug).first():
        return found
    with tree.changing():
        found = Category.objects.filter(slug=slug).first()
        return found or Category.objects.add_root(instance=Category(slug=slug, title_en=title, title_zh_hans=title_zh))


def store(rows: list[Row], report: Report, category: Category, slugs: set[str], opening: int) -> None:
    """Store a batch of rows in one transaction."""
    with transaction.atomic():
        known = {
            v.sku: v
            for v in Variant.objects.filter(sku__in=[r.sku for r in rows])
            .select_related("product", "stock")
            .prefetch_related("prices")
        }
        fresh = [row for row in rows if row.sku not in known]
        products = Product.objects.bulk_create(
            Product(slug=_slug(row, slugs), category=category, title_en=row.title) for row in fresh
        )
        variants = Variant.objects.bulk_create(
            Variant(product=product, sku=row.sku) for row, product in zip(fresh, products, strict=True)
        )
        Price.objects.bulk_create(
            Price(variant=variant, amount=amount)
            for row, variant in zip(fresh, variants, strict=True)
            for amount in prices_of(row)
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
    there = {price.amount.currency.code: price.amount for price in variant.prices.all()}
    for amount in prices_of(row):
        if there.get(amount.currency.code) != amount:
            changed = prices.put(variant, amount.currency.code, amount)
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
    # Slugs grow: "½" becomes "12".
    base = slugify(f"{row.title[:70]} {row.sku}")[: SLUG_LENGTH - 8].strip("-") or "product"
    slug, n = base, 1
    while slug in taken:
        n += 1
        slug = f"{base}-{n}"
    taken.add(slug)
    return slug


def prices_of(row: Row) -> list[Any]:
    """Its prices, one for each currency; that of the general column first."""
    found = {settings.DEFAULT_CURRENCY: row.price} | dict(row.more)
    return [Money(amount, currency) for currency, amount in found.items()]
