"""The tables of the page: each once, for the page and as a CSV file."""

import csv
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from io import StringIO
from typing import Any

from django.utils.formats import date_format, number_format
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from shop.insight import reading
from shop.insight.ranges import Wanted
from shop.lib.tables import defused
from shop.pricing.amounts import money
from shop.pricing.template_filters import money as written

NOTHING = "–"
SHOWN = 20  # rows of the best on the page
MOST = 5000  # in a file
BEST = {"amount": gettext_lazy("By money"), "pieces": gettext_lazy("By pieces")}


@dataclass(frozen=True)
class Column:
    """`shown` writes a value for people, `plain` for spreadsheets."""

    title: str | Promise
    shown: Callable[[Any], str]
    plain: Callable[[Any], str]
    number: bool = True


@dataclass(frozen=True)
class Table:
    """`name` is that of its file."""

    name: str
    title: str
    columns: Sequence[Column]
    values: Sequence[Sequence[Any]]
    empty: str

    @property
    def rows(self) -> list[list[tuple[str, bool]]]:
        """Each cell as people read it, and whether it is a number."""
        return [
            [(column.shown(value), column.number) for column, value in zip(self.columns, row, strict=True)]
            for row in self.values
        ]

    def csv(self) -> str:
        """The table as a file that spreadsheets open: UTF-8 with its mark, plain numbers with a point."""
        out = StringIO()
        writer = csv.writer(out)
        writer.writerow([str(column.title) for column in self.columns])
        for row in self.values:
            writer.writerow([column.plain(value) for column, value in zip(self.columns, row, strict=True)])
        return "\ufeff" + out.getvalue()


# -- What stands in a cell -------------------------------------------------------------------------


def share(value: float | None) -> str:
    return NOTHING if value is None else f"{number_format(100 * value, 1)} %"


def duration(seconds: float | None) -> str:
    """A lead time in the unit that fits."""
    if seconds is None:
        return NOTHING
    if seconds < 60:
        return _("under a minute")
    for unit, most, name in ((60, 90 * 60, _("%(n)s min")), (3600, 48 * 3600, _("%(n)s h"))):
        if seconds < most:
            return name % {"n": number_format(seconds / unit, 0 if unit == 60 else 1)}
    days = round(seconds / 86_400, 1)
    return ngettext("%(n)s day", "%(n)s days", 1 if days == 1 else 2) % {"n": number_format(days, 1)}


def whole(value: int | None) -> str:
    return NOTHING if value is None else number_format(value, 0, force_grouping=True)


def _safe(text: Any) -> str:
    """Some of it was typed by strangers."""
    return defused(str(text))


def _bare(value: Any) -> str:
    return "" if value is None else str(value)


def _text(title: str) -> Column:
    return Column(title, str, _safe, number=False)


def _count(title: str) -> Column:
    return Column(title, whole, _bare)


def _share(title: str) -> Column:
    return Column(title, share, lambda value: "" if value is None else f"{value:.4f}")


def _duration(title: str) -> Column:
    return Column(title, duration, lambda value: "" if value is None else f"{value:.0f}")


def _amount(title: str, currency: str) -> Column:
    return Column(
        title,
        lambda units: NOTHING if units is None else written(units, currency),
        lambda units: "" if units is None else f"{money(units, currency).amount:f}",
    )


def _start(step: str) -> Column:
    return Column(_("From"), lambda day: label(day, step), date.isoformat, number=False)


def label(day: date, step: str) -> str:
    """A step of the period in words: its first day, or its month."""
    return date_format(day, "YEAR_MONTH_FORMAT" if step == "month" else "SHORT_DATE_FORMAT")


# -- The tables ------------------------------------------------------------------------------------


def days(wanted: Wanted, steps: dict[date, reading.Sums]) -> Table:
    currency = wanted.currency
    columns = [
        _start(wanted.step),
        _count(_("Orders placed")),
        _count(_("Orders paid")),
        _amount(_("Sales"), currency),
        _count(_("Refunds")),
        _amount(_("Refunded"), currency),
        _amount(_("Average order"), currency),
        _count(_("Carts begun")),
        _share(_("Conversion")),
        _share(_("Delivered late")),
    ]
    kind = reading.Kind
    values = [
        (
            start,
            each.counts[kind.PLACED],
            each.orders,
            each.sales,
            each.counts[kind.REFUND],
            each.amounts[kind.REFUND],
            each.average,
            each.counts[kind.CART],
            each.conversion,
            each.late,
        )
        for start, each in steps.items()
    ]
    return Table("days", _("Over time"), columns, values, "")


def lead_times(wanted: Wanted) -> Table:
    columns = [
        _text(_("Step")),
        _count(_("Orders")),
        _duration(_("Median")),
        _duration(_("95 % within")),
        _duration(_("Median before")),
    ]
    values = [
        (str(each.kind.label), each.orders, each.median, each.p95, each.median_before)
        for each in reading.lead_times(wanted)
    ]
    return Table("lead-times", _("How long it takes"), columns, values, "")


def best_sellers(wanted: Wanted, by: str, most: int) -> Table:
    columns = [
        _text(_("Product")),
        _text(_("SKU")),
        _count(_("Pieces")),
        _amount(_("Sold for"), wanted.currency),
        _count(_("Taken back")),
        _amount(_("Sold for, before"), wanted.currency),
    ]
    values = [
        (each.title or NOTHING, each.sku, each.pieces, each.amount, each.taken_back, each.amount_before)
        for each in reading.best_sellers(wanted, by, most)
    ]
    return Table("best-sellers", _("Best sellers"), columns, values, _("Nothing was sold in these days."))


def missed_searches(wanted: Wanted, most: int) -> Table:
    columns = [_text(_("Searched for")), _count(_("Times"))]
    values = reading.missed_searches(wanted.period, most)
    return Table(
        "searches", _("Searches without result"), columns, values, _("Nothing was looked for in vain in these days.")
    )
