"""A start with a currency that the prices are not in."""

import pytest
from django.core.exceptions import ImproperlyConfigured
from djmoney.money import Money

from shop.serve import start_checks
from tests.support.factories import VariantFactory

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _connection_stays(monkeypatch):
    """The check gives its connections up; the test's transaction needs its own."""
    monkeypatch.setattr(start_checks.connections, "close_all", lambda: None)


def test_another_currency_than_that_of_the_prices_is_refused_in_one_sentence(settings):
    VariantFactory(price=Money("3.00", "EUR"))
    settings.DEFAULT_CURRENCY, settings.CURRENCIES = "USD", ("USD",)
    with pytest.raises(ImproperlyConfigured, match=r"^CURRENCY is USD, but prices in the database are in EUR\."):
        start_checks.currency()


def test_the_currency_of_the_prices_and_a_shop_without_prices_start(settings):
    start_checks.currency()
    VariantFactory(price=Money("3.00", "EUR"))
    start_checks.currency()
