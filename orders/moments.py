"""Days and times in words, in the shop's time zone. Cached, because many orders share them."""

from datetime import date, datetime
from functools import lru_cache

from django.utils import formats, timezone
from django.utils.translation import get_language, override
from django.utils.translation import gettext as _


def day_range(first: date, last: date) -> str:
    """Two days in the active language: "Thu 26 Nov – Fri 27 Nov", or one day if both are the same."""
    return _day_range(first, last, get_language() or "en")


@lru_cache(1000)
def _day_range(first: date, last: date, language: str) -> str:
    with override(language):

        def words(day: date) -> str:
            return formats.date_format(day, _("D j M"))

        return words(first) if first == last else f"{words(first)} – {words(last)}"


def moment(at: datetime, language: str) -> str:
    """A time in words."""
    return _minute(at.replace(second=0, microsecond=0), language)


@lru_cache(10_000)
def _minute(at: datetime, language: str) -> str:
    with override(language):
        return formats.date_format(timezone.localtime(at, timezone.get_default_timezone()), _("j M, H:i"))
