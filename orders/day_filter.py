"""A filter of the order list: from one day to another."""

from datetime import date, datetime, time, timedelta
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.http import HttpRequest
from django.utils import timezone
from django.utils.formats import get_format
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import RangeDateFilter


class Days(RangeDateFilter):
    """From one day to another, both whole, in the shop's time zone. (The theme's own ends as the last day begins.)"""

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        """What is no day bounds nothing, and staff are told."""
        name = self.parameter_name
        if first := self._day(request, "from"):
            queryset = queryset.filter(**{f"{name}__gte": _midnight(first)})
        if last := self._day(request, "to"):
            queryset = queryset.filter(**{f"{name}__lt": _midnight(last) + timedelta(days=1)})
        return queryset

    def _day(self, request: HttpRequest, end: str) -> date | None:
        typed = self.used_parameters.get(f"{self.parameter_name}_{end}", "")
        # As the calendar beside the field writes it, or as pages in Chinese do.
        formats = [*get_format("DATE_INPUT_FORMATS"), "%Y年%m月%d日"]
        try:
            day: date | None = forms.DateField(required=False, input_formats=formats, validators=[_FIRST, _LAST]).clean(
                typed
            )
        except ValidationError:
            # A page asks its filters several times, and an action redirects to one that asks again.
            told = request.__dict__.setdefault("_no_days", set())
            if request.method == "GET" and typed not in told:
                told.add(typed)
                messages.warning(request, _("“%(typed)s” is no day.") % {"typed": typed})
            return None
        return day


# The calendar's ends have no midnight in every time zone.
_FIRST, _LAST = MinValueValidator(date(1, 1, 2)), MaxValueValidator(date(9999, 12, 30))


def _midnight(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time.min))
