"""In which market a visitor is, and how they choose."""

import pytest
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from djmoney.money import Money

from shop.markets import places
from shop.markets.models import Market
from tests.support.factories import MarketFactory, ProductFactory, VariantFactory, price_of, set_price

pytestmark = pytest.mark.django_db


def visitor(country=""):
    request = HttpRequest()
    if country:
        request.COOKIES[places.COOKIE] = country
    return places.here(request)


def test_a_shop_without_markets_sells_everywhere_in_its_currency():
    for country in ("DE", "US", "NZ"):
        assert (places.place(country).currency, places.place(country).market.code) == ("EUR", "")


@pytest.mark.parametrize("country", ["", "XX", "de", "DEU", "\0", "D" * 5000, "<script>"])
def test_a_country_that_there_is_not_is_sold_to_by_no_market(country):
    assert places.place(country) is None


def test_a_country_belongs_to_the_market_that_names_it_else_to_the_one_for_all_others():
    MarketFactory(code="rest", position=0)
    MarketFactory(code="us", countries=["US"], currency="USD", position=1)
    assert places.place("US").market.code == "us"
    assert places.place("NZ").market.code == "rest"


def test_where_no_market_is_for_all_others_the_rest_is_not_sold_to():
    MarketFactory(code="us", countries=["US"])
    assert places.place("NZ") is None
    assert places.sold_to(places.open_markets()) == {"US"}
    assert [code for code, _ in places.by_name(places.open_markets())] == ["US"]


def test_a_visitor_begins_in_the_shops_country_and_stays_where_they_chose_to_be():
    MarketFactory(code="eu", countries=["DE", "FR"])
    MarketFactory(code="us", countries=["US"])
    assert visitor().country == "DE"
    assert visitor("US").market.code == "us"
    assert visitor("NZ").country == "DE"


def test_where_the_shop_does_not_sell_at_home_a_visitor_begins_in_the_first_market():
    MarketFactory(code="na", countries=["US", "CA"])
    assert visitor().country == "CA"


def test_a_closed_market_is_not_sold_to_from_the_next_moment():
    market = MarketFactory(code="us", countries=["US"])
    MarketFactory(code="rest")
    assert visitor("US").market.code == "us"
    market.active = False
    market.save()
    assert visitor("US").market.code == "rest"


def test_a_country_cannot_be_given_to_two_markets():
    MarketFactory(title="One", title_en="One", countries=["DE", "FR"])
    with pytest.raises(ValidationError, match="One has FR already"):
        Market(code="b", title="B", countries=["FR", "IT"]).full_clean()
    Market(code="b", title="B", countries=["FR", "IT"], active=False).full_clean()


def test_only_one_market_is_for_all_others():
    MarketFactory(title="Rest", title_en="Rest")
    with pytest.raises(ValidationError, match="all other countries already"):
        Market(code="b", title="B").full_clean()


@pytest.fixture
def two_markets():
    MarketFactory(code="eu", countries=["DE"])
    MarketFactory(code="us", countries=["US"], currency="USD")


def test_prices_are_those_of_the_country_that_was_chosen(client, two_markets):
    variant = VariantFactory(product=ProductFactory(slug="mug"))
    set_price(variant, Money("20.00", "EUR"), Money("24.00", "USD"))
    for page in ("/", "/products/", "/products/mug/"):
        assert "€20.00" in client.get(page).content.decode(), page
    answer = client.post("/deliver-to/", {"country": "US", "language": "en", "next": "/products/mug/"})
    assert answer["Location"] == "/products/mug/"
    for page in ("/", "/products/", "/products/mug/"):
        text = client.get(page).content.decode()
        assert "$24.00" in text, page
        assert "€20.00" not in text, page
    assert "United States" in client.get("/").content.decode()


def test_what_has_no_price_there_is_not_listed_there_and_its_page_says_so(client, two_markets):
    VariantFactory(product=ProductFactory(slug="mug", title="Mug", title_en="Mug"))
    client.cookies[places.COOKIE] = "US"
    assert "Mug" not in client.get("/products/").content.decode()
    page = client.get("/products/mug/").content.decode()
    assert "not sold to your country" in page
    assert "Add to cart" not in page


def test_a_variant_without_a_price_there_cannot_be_chosen_there(client, two_markets):
    product = ProductFactory(slug="mug")
    set_price(VariantFactory(product=product, option="Green"), Money("20.00", "EUR"), Money("24.00", "USD"))
    blue = VariantFactory(product=product, option="Blue")
    client.cookies[places.COOKIE] = "US"
    page = client.get("/products/mug/").content.decode()
    assert page.count("disabled") == 1
    client.post("/cart/add/", {"variant": blue.pk})
    assert "Your cart is empty" in client.get("/cart/").content.decode()


def test_prices_sort_and_filter_in_the_currency_of_the_place(client, two_markets):
    for slug, euros, dollars in (("a", "10.00", "50.00"), ("b", "20.00", "30.00")):
        variant = VariantFactory(product=ProductFactory(slug=slug, title=f"Thing {slug}", title_en=f"Thing {slug}"))
        set_price(variant, Money(euros, "EUR"), Money(dollars, "USD"))
    page = client.get("/products/?sort=cheapest").content.decode()
    assert page.index("Thing a") < page.index("Thing b")
    client.cookies[places.COOKIE] = "US"
    page = client.get("/products/?sort=cheapest").content.decode()
    assert page.index("Thing b") < page.index("Thing a")
    page = client.get("/products/?max=40").content.decode()
    assert "Thing b" in page
    assert "Thing a" not in page


@pytest.mark.parametrize("country", ["NZ", "XX", "", "\0"])
def test_a_country_that_is_not_sold_to_cannot_be_chosen(client, two_markets, country):
    answer = client.post("/deliver-to/", {"country": country, "language": "en"})
    assert answer.status_code in (400, 422)
    assert places.COOKIE not in answer.cookies


def test_the_choice_leads_to_no_other_site(client):
    answer = client.post("/deliver-to/", {"country": "DE", "language": "en", "next": "https://evil.example/"})
    assert answer["Location"] == "/"


def test_the_language_is_chosen_with_the_country(client):
    client.post("/deliver-to/", {"country": "CN", "language": "zh-hans", "next": "/"})
    assert "购物车" in client.get("/").content.decode()


@pytest.mark.parametrize("back", ["/zh-hans/products/?page=2", "http://testserver/zh-hans/products/?page=2"])
def test_a_language_that_was_chosen_is_not_undone_by_the_address_that_one_came_from(client, back):
    answer = client.post("/zh-hans/deliver-to/", {"country": "DE", "language": "en", "next": back})
    assert answer["Location"] == "/products/?page=2"


def test_setting_a_price_twice_changes_it_once_and_none_takes_it_away():
    from shop.catalog import prices

    variant = VariantFactory()
    assert not prices.put(variant, "EUR", Money("20.00", "EUR"))
    assert prices.put(variant, "EUR", Money("21.00", "EUR"))
    assert price_of(variant) == Money("21.00", "EUR")
    assert prices.put(variant, "EUR", None)
    assert price_of(variant) is None
