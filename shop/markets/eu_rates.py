"""VAT rates of the member states, from a package that has the Commission's table: to begin with, and to compare with.

The table knows no days and no goods. So a seeded rate begins today, and a reduced rate is taken where there is only one
of them: which goods have the 5.5 % of France and which the 10 %, the shop has to say.
"""

from collections.abc import Iterator
from datetime import date
from decimal import Decimal

from eu_vat_rates_data import data_version, get_rate

from shop.markets.models import TaxClass, TaxRate
from shop.pricing.tax import EU, percent_words


def published(country: str) -> dict[str, Decimal]:
    """Tax class → percent, of those that are clear."""
    found = get_rate(country)
    if not found:
        return {}
    rates = {TaxClass.STANDARD.value: Decimal(str(found["standard"])), TaxClass.ZERO.value: Decimal(0)}
    reduced = [Decimal(str(rate)) for rate in found["reduced"]]
    if len(reduced) == 1:
        rates[TaxClass.REDUCED.value] = reduced[0]
    return rates


def unclear(country: str) -> list[Decimal]:
    """The reduced rates of a country that has several."""
    found = get_rate(country)
    reduced = [Decimal(str(rate)) for rate in found["reduced"]] if found else []
    return reduced if len(reduced) > 1 else []


def seed(today: date) -> int:
    """Make the rates of every member state that has none of that class. Returns how many were made."""
    known = set(TaxRate.objects.values_list("country", "tax_class"))
    source = f"eu-vat-rates-data {data_version}"
    fresh = [
        TaxRate(country=country, tax_class=tax_class, percent=percent, first_day=today, source=source)
        for country in sorted(EU)
        for tax_class, percent in published(country).items()
        if (country, tax_class) not in known
    ]
    return len(TaxRate.objects.bulk_create(fresh))


def differences(today: date) -> Iterator[str]:
    """Each standard rate that is not the published one today, in words for staff."""
    valid: dict[str, TaxRate] = {}
    for row in TaxRate.objects.filter(tax_class=TaxClass.STANDARD, region="", first_day__lte=today).order_by(
        "first_day"
    ):
        valid[row.country.code] = row
    for country, row in sorted(valid.items()):
        expected = published(country).get(TaxClass.STANDARD) if country in EU else None
        if expected is not None and expected != row.percent:
            yield f"{country}: {percent_words(row.percent)} % here, {percent_words(expected)} % published"
