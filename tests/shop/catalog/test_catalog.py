"""Browsing: what is shown, found and asked for, and what it costs."""

import time

import pytest
from djmoney.money import Money

from shop.catalog import stock
from shop.catalog.models import Category
from shop.catalog.search import search, suggest
from shop.catalog.views import for_sale
from shop.demo import content
from tests.support.factories import CategoryFactory, ProductFactory, VariantFactory, set_price

pytestmark = [pytest.mark.slow, pytest.mark.django_db]


def titled(title, **product):
    return VariantFactory(product=ProductFactory(title=title, title_en=title, **product)).product


def found(text):
    return [p.title for p in search(text, for_sale("EUR"))]


def test_a_word_is_found_in_the_title_before_the_text():
    titled("Copper kettle", text_en="Boils quickly.")
    titled("Tea cosy", text_en="Fits any kettle.")
    assert found("kettle") == ["Copper kettle", "Tea cosy"]


@pytest.mark.parametrize("typed", ["kettel", "ketle", "KETTLE", "kett", "coper kettle", "copper ketle"])
def test_typing_is_forgiven(typed):
    titled("Copper kettle")
    titled("Beeswax candles")
    assert "Copper kettle" in found(typed)
    assert "Beeswax candles" not in found(typed)


def test_chinese_is_found():
    product = titled("Copper kettle")
    product.title_zh_hans = "铜水壶"
    product.save()
    assert found("水壶") == ["Copper kettle"]


@pytest.mark.parametrize(
    "text", ["", " ", "!!!", "'; DROP TABLE", '"', "a" * 5000, "%", "kettle & | ! : *", "NEAR(", "\x00", "😀"]
)
def test_any_query_is_answered(client, text):
    titled("Copper kettle")
    assert client.get("/search/", {"q": text}).status_code == 200
    assert client.get("/search/suggest", {"q": text}).status_code == 200


def test_a_renamed_product_is_found_by_its_new_name_only():
    product = titled("Copper kettle")
    product.title = product.title_en = "Iron skillet"
    product.save()
    assert found("skillet") == ["Iron skillet"]
    assert found("kettle") == []
    product.active = False
    product.save()
    assert suggest("skillet") == []


def test_withdrawn_products_are_neither_listed_nor_suggested(client):
    titled("Copper kettle", active=False)
    assert suggest("kettle") == []
    assert b"Copper kettle" not in client.get("/products/").content


def test_a_category_shows_its_products_and_those_of_its_subcategories(client):
    top = CategoryFactory(title="Kitchen", slug="kitchen")
    below = Category.objects.add_child(top, instance=Category(title="Pots", slug="pots"))
    titled("Copper kettle", category=below)
    titled("Kite")
    page = client.get("/products/?category=kitchen").content.decode()
    assert "Copper kettle" in page
    assert "Kite" not in page


def test_an_unknown_category_is_not_found_and_offers_others(client):
    CategoryFactory(title="Kitchen")
    response = client.get("/products/?category=nope")
    assert response.status_code == 404
    assert "Kitchen" in response.content.decode()


def test_filters_and_sorting(client):
    for price in ("5.00", "50.00", "500.00"):
        VariantFactory(product=ProductFactory(title=f"At {price}"), price=Money(price, "EUR"))
    VariantFactory(product=ProductFactory(title="None left"), price=Money("50.00", "EUR"), stocked=0)

    def listed(**query):
        return [p.title for p in client.get("/products/", query).context["products"]]

    assert listed(min="10", max="100", in_stock="1") == ["At 50.00"]
    assert listed(sort="cheapest")[0] == "At 5.00"
    assert listed(sort="dearest")[0] == "At 500.00"
    assert len(listed(min="letters", max="NaN", sort="sideways", page="many")) == 4


def test_the_product_page_says_how_many_are_left(client):
    variant = VariantFactory(stocked=3)
    url = variant.product.get_absolute_url()
    page = client.get(url).content.decode()
    assert "3 left" in page
    assert f'data-stream="stock:{variant.sku}"' in page
    stock.adjust(variant, 0)
    assert "Sold out" in client.get(url).content.decode()


def test_a_withdrawn_products_page_says_so(client):
    variant = VariantFactory()
    variant.product.active = False
    variant.product.save()
    response = client.get(variant.product.get_absolute_url())
    assert response.status_code == 410
    assert b"no longer for sale" in response.content


def test_what_the_page_sells_is_as_it_is_and_what_stands_beside_it_at_most_a_minute_old(client, monkeypatch):
    category = CategoryFactory()
    mug, jug = (VariantFactory(product=ProductFactory(title=t, slug=t, category=category)) for t in ("mug", "jug"))
    assert "€20.00" in client.get("/products/mug/").content.decode()
    for variant in (mug, jug):
        set_price(variant, Money("31.00", "EUR"))
    page = client.get("/products/mug/").content.decode()
    assert page.count("€31.00") == 2  # above the button, and beside it on a phone
    assert page.count("€20.00") == 1
    later = time.time() + 61
    monkeypatch.setattr(time, "time", lambda: later)
    page = client.get("/products/mug/").content.decode()
    assert page.count("€31.00") == 3


def test_a_product_page_seen_before_needs_two_queries(client, django_assert_num_queries):
    slug = VariantFactory().product.slug
    client.get(f"/products/{slug}/")
    with django_assert_num_queries(2):  # what is sold, and its pictures
        client.get(f"/products/{slug}/")


def test_pages_need_at_most_ten_queries(client, django_assert_max_num_queries):
    content.load()
    for url in ("/", "/products/", "/products/?category=kitchen", "/products/stoneware-mug/", "/search/?q=mug"):
        client.get(url)
        with django_assert_max_num_queries(10):
            client.get(url)


def test_the_demo_shop_is_worth_visiting():
    assert content.load()
    assert not content.load()
    from shop.catalog.models import Product

    products = list(for_sale("EUR"))
    assert len(products) >= 40
    assert Category.objects.filter(depth=1).count() >= 6
    assert all(p.picture and p.text and p.title_zh_hans for p in products)
    assert sum(p.sold_out for p in products) == 1
    assert any(0 < v.available <= 5 for p in products for v in p.variants.all())
    assert any(p.variants.count() > 1 for p in Product.objects.all())


def test_a_product_without_a_picture_gets_one_of_its_own(client):
    response = client.get("/pictures/red-teapot.svg")
    assert response["Content-Type"] == "image/svg+xml"
    assert response.content != client.get("/pictures/blue-teapot.svg").content
