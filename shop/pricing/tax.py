"""Which tax is due: by the class of the goods, the place they go to, the day, and who buys.

The categories are those of EN 16931 (UNTDID 5305), so that an invoice can name them.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum

# The member states, by ISO 3166. Greece is GR here; its VAT numbers begin with EL.
EU = frozenset(
    [
        *("AT", "BE", "BG", "CY", "CZ", "DE", "DK", "EE", "ES", "FI", "FR", "GR", "HR", "HU", "IE", "IT", "LT"),
        *("LU", "LV", "MT", "NL", "PL", "PT", "RO", "SE", "SI", "SK"),
    ]
)


class Category(StrEnum):
    """Why a rate is what it is."""

    STANDARD = "S"
    """A rate above 0, whatever the law calls it."""
    ZERO = "Z"
    """The law's rate is 0."""
    REVERSE_CHARGE = "AE"
    """A business in another member state owes the tax itself (Directive 2006/112/EC, article 196)."""
    EXPORT = "G"
    """The goods leave the union, or the country that taxes them (the same, article 146)."""
    OUTSIDE = "O"
    """The shop charges no tax at all: its country has no rates here."""


@dataclass(frozen=True, slots=True)
class Rate:
    """A rate of a country, or of a region of it, from a day on until the next one begins.

    `thousandths` are of a percent: 19 % is 19000, 8.875 % is 8875. An empty region is the whole country.
    """

    country: str
    region: str
    tax_class: str
    thousandths: int
    first: date


def percent(thousandths: int) -> Decimal:
    """A rate in percent."""
    return Decimal(thousandths).scaleb(-3)


def percent_words(rate: Decimal) -> str:
    """A rate in percent without zeros at its end: 19, 8.875."""
    return f"{rate.normalize():f}"


class NoRate(LookupError):
    """The country has tax rates, but none for these goods on that day. The argument is the country."""


@dataclass(frozen=True, slots=True)
class Destination:
    """Where the goods go, and whether a business with a VAT number of its own buys them."""

    country: str
    region: str = ""
    business: bool = False


@dataclass(frozen=True, slots=True)
class Due:
    """The tax on some goods. `inside` is the rate that a price with tax contains, also if none is due."""

    category: Category
    thousandths: int
    inside: int


def due(tax_class: str, destination: Destination, seller: str, day: date, rates: Iterable[Rate]) -> Due:
    """The tax on goods of that class. Raises `NoRate`.

    `rates` are those of the destination and of the seller's country, of any day.
    """
    known = list(rates)
    here = [rate for rate in known if rate.country == destination.country]
    if not here:
        taxed = any(rate.country == seller for rate in known)
        return Due(Category.EXPORT if taxed else Category.OUTSIDE, 0, 0)
    valid = [r for r in here if r.tax_class == tax_class and r.first <= day and r.region in ("", destination.region)]
    if not valid:
        raise NoRate(destination.country)
    rate = max(valid, key=lambda r: (r.region, r.first)).thousandths
    if destination.business and destination.country != seller and {destination.country, seller} <= EU:
        return Due(Category.REVERSE_CHARGE, 0, rate)
    return Due(Category.STANDARD if rate else Category.ZERO, rate, rate)
