"""Tax rates: seeded, dated, compared with what is published, and refused where they are wrong."""

from datetime import date
from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError

from shop.markets import eu_rates
from shop.markets.models import TaxRate
from shop.markets.places import rates_for
from shop.pricing.tax import EU, Destination, NoRate, due
from tests.support.factories import TaxRateFactory

pytestmark = pytest.mark.django_db

TODAY = date(2026, 11, 27)


def rate(country, day=TODAY, tax_class="standard", region=""):
    return due(tax_class, Destination(country, region), "DE", day, rates_for(country)).thousandths


def test_every_member_state_gets_its_standard_rate():
    eu_rates.seed(TODAY)
    assert {row.country.code for row in TaxRate.objects.filter(tax_class="standard")} == EU
    # Those that changed in the last years; see the Commission's "Taxes in Europe Database".
    assert [rate(country) for country in ("DE", "EE", "SK", "RO", "FI", "GR", "LU")] == [
        *(19_000, 24_000, 23_000, 21_000, 25_500, 24_000, 17_000)
    ]


def test_a_reduced_rate_is_seeded_only_where_there_is_one():
    eu_rates.seed(TODAY)
    assert rate("DE", tax_class="reduced") == 7000
    with pytest.raises(NoRate):
        rate("FR", tax_class="reduced")
    assert len(eu_rates.unclear("FR")) > 1


def test_seeding_again_changes_nothing_that_staff_have_set():
    TaxRateFactory(country="DE", percent=Decimal(18))
    made = eu_rates.seed(TODAY)
    assert made
    assert eu_rates.seed(TODAY) == 0
    assert rate("DE") == 18_000


def test_a_rate_that_is_not_the_published_one_is_named():
    eu_rates.seed(TODAY)
    assert list(eu_rates.differences(TODAY)) == []
    TaxRateFactory(country="DE", percent=Decimal(16), first_day=date(2026, 12, 1))
    assert list(eu_rates.differences(TODAY)) == []
    assert list(eu_rates.differences(date(2026, 12, 1))) == ["DE: 16 % here, 19 % published"]


def test_a_rate_runs_until_the_next_begins_so_there_is_no_hole():
    for first, percent in ((date(2007, 1, 1), 19), (date(2020, 7, 1), 16), (date(2021, 1, 1), 19)):
        TaxRateFactory(first_day=first, percent=Decimal(percent))
    days = [date(2007, 1, 1), date(2020, 6, 30), date(2020, 7, 1), date(2020, 12, 31), date(2021, 1, 1), TODAY]
    assert [rate("DE", day) // 1000 for day in days] == [19, 19, 16, 16, 19, 19]


def test_before_the_first_day_nothing_is_sold():
    TaxRateFactory(first_day=date(2027, 1, 1))
    with pytest.raises(NoRate):
        rate("DE")


@pytest.mark.parametrize("percent", ["-1", "100.1", "1000", "nan", "8.8755"])
def test_an_impossible_rate_is_refused(percent):
    with pytest.raises(ValidationError):
        TaxRate(country="DE", percent=Decimal(percent), first_day=TODAY).full_clean()


def test_two_rates_for_the_same_day_are_refused():
    TaxRateFactory()
    with pytest.raises(ValidationError, match="already exists"):
        TaxRate(country="DE", percent=Decimal(20), first_day=date(2020, 1, 1)).full_clean()


@pytest.mark.parametrize("typed", ["NY", "ny", "New York"])
def test_a_region_is_kept_as_addresses_have_it(typed):
    row = TaxRate(country="US", region=typed, percent=Decimal("8.875"), first_day=date(2020, 1, 1))
    row.full_clean()
    row.save()
    TaxRateFactory(country="US", percent=Decimal(0))
    assert (rate("US", region="NY"), rate("US", region="OR")) == (8875, 0)
