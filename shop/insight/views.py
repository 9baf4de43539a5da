"""The page **Insight**, and its tables as files."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from itertools import zip_longest
from typing import Any

from django.contrib import admin
from django.contrib.auth.decorators import permission_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from shop.insight import charts, ranges, reading, tables
from shop.insight.ranges import RangeForm, Wanted
from shop.insight.reading import Sums
from shop.insight.tables import BEST, MOST, NOTHING, SHOWN, share, whole
from shop.pricing.template_filters import money

Guard = Callable[[Callable[..., HttpResponse]], Callable[..., HttpResponse]]
allowed: Guard = permission_required("insight.view_insight", login_url="admin:login")


@dataclass(frozen=True)
class Tile:
    """A figure with the same of the period before. `change` is empty where there is nothing to compare with."""

    title: str
    value: str
    before: str = ""
    change: str = ""
    note: str = ""


@never_cache
@require_GET
@allowed
def page(request: HttpRequest) -> HttpResponse:
    form, wanted, by = _asked(request)
    now, before, steps, steps_before = reading.sums(wanted)
    query = request.GET.copy()
    query.pop("best", None)
    context = {
        **admin.site.each_context(request),
        "title": _("Insight"),
        "form": form,
        "wanted": wanted,
        "own": wanted.range == ranges.OWN or bool({"first", "last"} & form.errors.keys()),
        "tiles": _tiles(wanted, now, before),
        "charts": _charts(wanted, steps, steps_before),
        "days": tables.days(wanted, steps),
        "lead_times": tables.lead_times(wanted),
        "best_sellers": tables.best_sellers(wanted, by, SHOWN),
        "searches": tables.missed_searches(wanted, SHOWN),
        "best": [(key, title, key == by) for key, title in BEST.items()],
        "by": by,
        "query": query.urlencode(),
    }
    return render(request, "admin/insight/page.html", context)


@never_cache
@require_GET
@allowed
def table(request: HttpRequest, name: str) -> HttpResponse:
    """One table as a CSV file, with all its rows."""
    _form, wanted, by = _asked(request)
    made: dict[str, Callable[[], tables.Table]] = {
        "days": lambda: tables.days(wanted, reading.sums(wanted)[2]),
        "lead-times": lambda: tables.lead_times(wanted),
        "best-sellers": lambda: tables.best_sellers(wanted, by, MOST),
        "searches": lambda: tables.missed_searches(wanted, MOST),
    }
    if name not in made:
        raise Http404
    period = wanted.period
    file = f"{name}-{wanted.currency}-{period.first.isoformat()}-{period.last.isoformat()}.csv"
    return HttpResponse(
        made[name]().csv(),
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{file}"'},
    )


def _asked(request: HttpRequest) -> tuple[RangeForm, Wanted, str]:
    """The form, what it asks for, and by what the best sellers are ordered."""
    typed = request.GET.copy()
    typed.setdefault("range", ranges.USUAL)
    form = RangeForm(typed, ranges.currencies())
    by = request.GET.get("best", "")
    return form, ranges.wanted(form), by if by in BEST else "amount"


def _tiles(wanted: Wanted, now: Sums, before: Sums) -> list[Tile]:
    def amount(units: int | None) -> str:
        return NOTHING if units is None else money(units, wanted.currency)

    def tile(title: str, write: Callable[[Any], str], value: Any, earlier: Any, note: str = "") -> Tile:
        change = _points(value, earlier) if write is share else _percent(value, earlier)
        return Tile(title, write(value), write(earlier), change, note)

    placed, refund = reading.Kind.PLACED, reading.Kind.REFUND
    stock = reading.stock_value(wanted.currency)
    back = now.amounts[refund] / now.sales if now.sales else None
    return [
        tile(_("Sales"), amount, now.sales, before.sales, _("paid, with tax and delivery")),
        tile(_("Refunded"), amount, now.amounts[refund], before.amounts[refund], _share_of_sales(back)),
        tile(_("Orders placed"), whole, now.counts[placed], before.counts[placed]),
        tile(_("Orders paid"), whole, now.orders, before.orders),
        tile(_("Average order"), amount, now.average, before.average),
        tile(_("Conversion"), share, now.conversion, before.conversion, _("carts that became paid orders")),
        tile(_("Delivered late"), share, now.late, before.late, _("after the promised day")),
        Tile(
            _("Stock value"),
            amount(stock.amount),
            note=_("%(n)s pieces now, at today's prices") % {"n": whole(stock.pieces)},
        ),
    ]


def _share_of_sales(back: float | None) -> str:
    return "" if back is None else _("%(share)s of sales") % {"share": share(back)}


def _percent(value: float | None, before: float | None) -> str:
    if value is None or not before:
        return ""
    percent = round(100 * (value / before - 1))
    return f"{percent:+d} %" if abs(percent) < 10_000 else ""


def _points(value: float | None, before: float | None) -> str:
    """The difference of two shares, which in percent would be read as a share itself."""
    if value is None or before is None:
        return ""
    return _("%(n)s points") % {"n": f"{100 * (value - before):+.1f}"}


def _charts(wanted: Wanted, steps: dict[date, Sums], before: dict[date, Sums]) -> list[charts.Chart]:
    """Sales and orders. The first step has a mark at the height of the first of the period before, and so on."""

    def made(title: str, value: Callable[[Sums], int], write: Callable[[int], str]) -> charts.Chart:
        points = []
        for (start, each), earlier in zip_longest(steps.items(), list(before.values())[: len(steps)]):
            then = value(earlier) if earlier is not None else None
            words = f"{tables.label(start, wanted.step)}: {write(value(each))}"
            if then is not None:
                words += f" ({_('before')}: {write(then)})"
            points.append(charts.Point(tables.label(start, wanted.step), value(each), then, words))
        highest = max([point.value for point in points] + [point.before or 0 for point in points], default=0)
        return charts.chart(title, points, write(highest), highest)

    return [
        made(_("Sales"), lambda each: each.sales, lambda units: money(units, wanted.currency)),
        made(_("Orders paid"), lambda each: each.orders, whole),
    ]
