"""Facts about currencies (ISO 4217)."""

from functools import lru_cache

from django.conf import settings
from moneyed import get_currency


@lru_cache
def decimals_of(currency: str) -> int:
    """How many decimals amounts of the currency have: 2 of EUR, 0 of JPY, 3 of KWD."""
    return len(str(get_currency(currency).sub_unit)) - 1


def choices() -> list[tuple[str, str]]:
    """The currencies that goods may have a price in, for forms. A function, so that migrations do not name them."""
    return [(code, code) for code in settings.CURRENCIES]
