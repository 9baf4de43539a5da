"""A market's countries and ways to pay are chosen in admin, the latter among the gateways of the settings."""

import pytest

from orders.payments import service
from shop.markets import places
from shop.markets.models import Market
from tests.support.factories import MarketFactory

pytestmark = pytest.mark.slow


def save(client, market, *gateways):
    form = {
        "title_en": market.title,
        "currency": "EUR",
        "language": "en",
        "return_days": 14,
        "active": "on",
        "position": 0,
        "countries": ["DE"],
        "prices_include_tax": "on",
        "gateways": gateways,
    }
    return client.post(f"/admin/markets/market/{market.pk}/change/", form)


def test_what_is_chosen_is_offered_there_and_nothing_else(admin_client):
    market = MarketFactory(countries=["DE"])
    assert save(admin_client, market, "bank").status_code == 302
    saved = Market.objects.get()
    assert (saved.gateways, saved.codes) == (["bank"], {"DE"})
    places.open_markets.forget()
    assert [gateway.name for gateway in service.gateways_for("DE")] == ["bank"]


def test_none_is_every_one(admin_client):
    market = MarketFactory(countries=["DE"], gateways=["bank"])
    assert save(admin_client, market).status_code == 302
    places.open_markets.forget()
    assert len(service.gateways_for("DE")) > 1


def test_a_gateway_that_the_shop_has_not_is_refused(admin_client):
    market = MarketFactory(countries=["DE"])
    assert save(admin_client, market, "gold").status_code == 200
    assert Market.objects.get().gateways == []


def test_the_page_of_a_market_lets_several_countries_be_chosen(admin_client):
    market = MarketFactory(countries=["DE", "FR"])
    page = admin_client.get(f"/admin/markets/market/{market.pk}/change/").content.decode()
    select = page[page.index('name="countries"') :]
    assert "multiple" in select[: select.index(">")]
    assert select.count(" selected") >= 2
