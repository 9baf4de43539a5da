"""Price lists that staff give in admin: checked first, applied on request, and undone while nobody changed the same.

What a list would change is stored value by value. Applying and undoing write each value only while it still is what it
was (`shop.catalog.values.put`), so both may be interrupted anywhere and begun again.
"""

import itertools
import time
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any

from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from shop.catalog import importing, price_lists, publication
from shop.catalog.models import ListImport, Product, Variant
from shop.catalog.values import By, ChangedMeanwhile, CountValue, PriceValue, Refused, Value, put, titles

SUFFIXES = frozenset({".csv", ".tsv", ".txt", *price_lists.SPREADSHEETS})
LARGEST = 10_000_000
"""Bytes of a file."""
MOST_ROWS = 20_000
BATCH = 500
SECONDS = 20.0
"""The time that one request changes values for. What is left waits for the next press."""
NEW = "new"
State = ListImport.State


class NoList(Exception):
    """The file cannot be read as a price list. The argument says why."""


def values() -> dict[str, Value]:
    """What an import may change. A file knows nothing of orders: it makes none of them short."""
    title = titles()[0]
    found: list[Value] = [title, CountValue(short=False), *(PriceValue(code) for code in settings.CURRENCIES)]
    return {value.name: value for value in found}


def check(file: UploadedFile, encoding: str, person: Any) -> ListImport:
    """Read the file, and note what it would change. Raises `NoList`."""
    name = Path(file.name or "").name
    suffix = Path(name).suffix.lower()
    if suffix not in SUFFIXES:
        raise NoList(_("Please choose a CSV file or a spreadsheet."))
    if (file.size or 0) > LARGEST:
        raise NoList(_("The file has more than %(most)s MB.") % {"most": LARGEST // 10**6})
    made = ListImport(file=name[:200], person=person.get_full_name() or str(person))
    report = importing.Report()
    with NamedTemporaryFile(suffix=suffix) as kept:
        for chunk in file.chunks():
            kept.write(chunk)
        kept.flush()
        try:
            with price_lists.opened(Path(kept.name), encoding) as records:
                few = itertools.islice(records, MOST_ROWS + 1)
                _plan(importing.parse(_counted(few), report), made, report)
        except price_lists.Unusable as problem:
            raise NoList(str(problem)) from problem
        except OSError as problem:
            raise NoList(_("The file cannot be read: %(problem)s") % {"problem": problem.strerror or problem}) from None
    made.refused = sorted(map(list, report.bad))
    made.damage = report.damage[:300]
    made.save()
    return made


def _counted(records: Iterator[price_lists.Record]) -> Iterator[price_lists.Record]:
    for number, record in enumerate(records, 1):
        if number > MOST_ROWS:
            raise NoList(
                _("A file has at most %(most)s rows here. Longer ones: manage.py import_catalog.") % {"most": MOST_ROWS}
            )
        yield record


def _plan(rows: Iterator[importing.Row], made: ListImport, report: importing.Report) -> None:
    while batch := list(itertools.islice(rows, BATCH)):
        found = Variant.objects.filter(sku__in=[row.sku for row in batch])
        known = {each.sku: each for each in found.select_related("product", "stock").prefetch_related("prices")}
        for row in batch:
            variant = known.get(row.sku)
            changes = [_new(row)] if variant is None else list(_changes(variant, row, report))
            made.changes += changes
            made.unchanged += not changes


def _new(row: importing.Row) -> dict[str, Any]:
    prices = ", ".join(str(price) for price in importing.prices_of(row))
    kept = [str(row.price), row.stock, [[currency, str(amount)] for currency, amount in row.more]]
    return {"line": row.line, "sku": row.sku, "name": NEW, "old": "", "new": f"{row.title}, {prices}"} | {
        "row": [row.title, *kept]
    }


def _changes(variant: Any, row: importing.Row, report: importing.Report) -> Iterator[dict[str, Any]]:
    wanted = {f"price_{price.currency.code.lower()}": f"{price.amount:f}" for price in importing.prices_of(row)}
    if not variant.option:
        wanted[titles()[0].name] = row.title
    if row.stock is not None:
        wanted[CountValue.name] = str(row.stock)
    for name, typed in wanted.items():
        value = values()[name]
        now = value.shown(variant)
        new = value.read(typed, now)
        if new == now:
            continue
        if name == CountValue.name and row.stock is not None and row.stock < variant.stock.reserved:
            promised = _("%(n)s are promised to orders; there cannot be fewer.") % {"n": variant.stock.reserved}
            report.bad.append((row.line, f"{row.sku}: {promised}"))
            continue
        yield {"line": row.line, "sku": row.sku, "name": name, "old": now, "new": new}


def apply(pk: int, actor: str) -> ListImport:
    """Change what the list changes; after `SECONDS` the rest waits. A repeat does nothing twice."""
    claimed = ListImport.objects.filter(pk=pk, state__in=(State.CHECKED, State.APPLYING))
    if not claimed.update(state=State.APPLYING):
        return ListImport.objects.get(pk=pk)
    made = ListImport.objects.get(pk=pk)
    until = time.monotonic() + SECONDS
    waiting = [change for change in made.changes if "done" not in change]
    fresh = [change for change in waiting if change["name"] == NEW]
    while fresh and time.monotonic() < until:
        with transaction.atomic():
            _add(made, fresh[:BATCH])
        fresh = fresh[BATCH:]
    by = By(actor, "imported", made.file)
    for change, variant in _with_variants([change for change in waiting if change["name"] != NEW]):
        if time.monotonic() > until:
            break
        _write(change, variant, change["old"], change["new"], by, "done")
    if all("done" in change for change in made.changes):
        made.state, made.applied_at = State.APPLIED, timezone.now()
    made.save(update_fields=["changes", "state", "applied_at"])
    return made


def may_undo(made: ListImport) -> bool:
    """Whether it is applied, and no other was applied after it."""
    return made.state == State.APPLIED and not ListImport.objects.filter(applied_at__gt=made.applied_at).exists()


def undo(pk: int, actor: str) -> ListImport:
    """Change back what still is as the list made it. New products become drafts."""
    made = ListImport.objects.get(pk=pk)
    if not may_undo(made):
        return made
    until = time.monotonic() + SECONDS
    by = By(actor, "undone", made.file)
    waiting = [change for change in made.changes if change["done"] and "undone" not in change]
    for change, variant in _with_variants(waiting):
        if time.monotonic() > until:
            break
        if change["name"] == NEW:
            change["undone"] = _withdraw(variant, made)
        else:
            _write(change, variant, change["new"], change["old"], by, "undone")
    if all("undone" in change for change in made.changes if change["done"]):
        made.state, made.undone_at = State.UNDONE, timezone.now()
    made.save(update_fields=["changes", "state", "undone_at"])
    return made


def _with_variants(changes: list[dict[str, Any]]) -> Iterator[tuple[dict[str, Any], int | None]]:
    keys = dict(Variant.objects.filter(sku__in={change["sku"] for change in changes}).values_list("sku", "pk"))
    return ((change, keys.get(change["sku"])) for change in changes)


def _write(change: dict[str, Any], variant: int | None, old: str, new: str, by: By, mark: str) -> None:
    """Set the mark to whether it was done, and say why if not."""
    change[mark] = False
    try:
        if variant is None:
            raise Variant.DoesNotExist
        put(variant, values()[change["name"]], old, new, by)
        change[mark] = True
    except ChangedMeanwhile as other:
        change["why"] = _("Somebody changed this to “%(now)s” meanwhile.") % {"now": other.now}
    except Refused as problem:
        change["why"] = str(problem)
    except (Variant.DoesNotExist, KeyError):
        change["why"] = _("Somebody deleted this meanwhile.")


def _add(made: ListImport, changes: list[dict[str, Any]]) -> None:
    """Make the products of new rows, all in one transaction. Two presses at once wait here for each other."""
    ListImport.objects.select_for_update().only("pk").get(pk=made.pk)
    found = Variant.objects.filter(sku__in=[change["sku"] for change in changes])
    there = dict(found.values_list("sku", "product__created"))
    rows = []
    for change in changes:
        if change["sku"] in there:
            # Made by this import before it was interrupted, or by somebody else.
            change["done"] = there[change["sku"]] >= made.read_at
            if not change["done"]:
                change["why"] = _("There is a variant with this SKU already.")
            continue
        title, price, stock, more = change["row"]
        others = tuple((currency, Decimal(amount)) for currency, amount in more)
        rows.append(importing.Row(change["line"], change["sku"], title, Decimal(price), stock, others))
        change["done"] = True
    slugs = set(Product.objects.values_list("slug", flat=True))
    importing.store(rows, importing.Report(), importing.category_of_imports(), slugs, 0)


def _withdraw(variant: int | None, made: ListImport) -> bool:
    product = Product.objects.filter(variants=variant, created__gte=made.read_at).first() if variant else None
    if product is None:
        return False
    publication.put(product, publication.Status.DRAFT)
    product.save(update_fields=publication.COLUMNS)
    return True
