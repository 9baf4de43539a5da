"""What somebody wants to see: which currency, which days, in which steps."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django import forms
from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from shop.insight.models import DayFigure

TODAY, OWN = "1", "own"
RANGES = [
    (TODAY, _("Today")),
    ("7", _("7 days")),
    ("30", _("30 days")),
    ("90", _("90 days")),
    ("365", _("A year")),
    (OWN, _("Own range")),
]
USUAL = "30"
STEPS = [("", _("Automatic")), ("day", _("Day")), ("week", _("Week")), ("month", _("Month"))]
LONGEST = 3660  # days
MOST_DAYS = 190  # that are shown one by one


@dataclass(frozen=True)
class Period:
    """From one day to another, both whole, in the shop's time zone."""

    first: date
    last: date

    @property
    def days(self) -> int:
        return (self.last - self.first).days + 1

    @property
    def before(self) -> "Period":
        """As many days, right before it."""
        length = timedelta(days=self.days)
        return Period(self.first - length, self.last - length)

    def __iter__(self) -> Iterator[date]:
        return (self.first + timedelta(days=n) for n in range(self.days))


def start_of(day: date, step: str) -> date:
    """The first day of the day's week (a Monday) or month; or the day itself."""
    if step == "week":
        return day - timedelta(days=day.weekday())
    return day.replace(day=1) if step == "month" else day


class RangeForm(forms.Form):
    """The line over the figures. Every field may be left out."""

    range = forms.ChoiceField(label=_("Days"), choices=RANGES, required=False)
    first = forms.DateField(label=_("From"), required=False)
    last = forms.DateField(label=_("To"), required=False)
    by = forms.ChoiceField(label=_("By"), choices=STEPS, required=False)
    currency = forms.ChoiceField(label=_("Currency"), required=False)

    def __init__(self, data: Any, currencies: list[str]) -> None:
        super().__init__(data)
        field = self.fields["currency"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [(code, code) for code in currencies]
        for name in ("first", "last"):
            self.fields[name].widget = forms.DateInput({"type": "date"}, format="%Y-%m-%d")

    def clean(self) -> dict[str, Any]:
        """An own range has two days in their order, and not too many between them."""
        found: dict[str, Any] = self.cleaned_data
        first, last = found.get("first"), found.get("last")
        if found.get("range") != OWN or {"first", "last"} & self.errors.keys():
            return found
        if first is None or last is None:
            self.add_error("first" if first is None else "last", _("An own range needs two days: from and to."))
        elif last < first:
            self.add_error("last", _("The last day is before the first."))
        elif (last - first).days >= LONGEST or first.year < 2000 or last.year > 9000:
            self.add_error("last", _("Please choose at most ten years."))
        return found


@dataclass(frozen=True)
class Wanted:
    """What is shown. Where something typed cannot be used, the usual takes its place, and the form says so."""

    currency: str
    period: Period
    step: str
    range: str


def wanted(form: RangeForm) -> Wanted:
    """What the form asks for."""
    form.is_valid()
    found = form.cleaned_data
    chosen = found.get("range") or USUAL
    if chosen == OWN and not form.errors:
        period = Period(found["first"], found["last"])
    else:
        chosen = USUAL if chosen == OWN else chosen
        today = timezone.localdate()
        period = Period(today - timedelta(days=int(chosen) - 1), today)
    step = found.get("by") or ("day" if period.days <= 45 else "week" if period.days <= 190 else "month")
    if step == "day" and period.days > MOST_DAYS:
        form.add_error("by", _("So many days are shown by week."))
        step = "week"
    return Wanted(found.get("currency") or settings.CURRENCIES[0], period, step, chosen)


def currencies() -> list[str]:
    """Those that goods are sold in, the shop's own first; and those of orders of before."""
    known = DayFigure.objects.filter(kind=DayFigure.Kind.PLACED).values_list("currency", flat=True).distinct()
    return list(dict.fromkeys([*settings.CURRENCIES, *sorted(known)]))
