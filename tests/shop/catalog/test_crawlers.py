"""What crawlers read: which pages they leave alone, where the others are, and what a product's head says."""

import json
import re
from urllib.parse import urlsplit

import pytest
from django.conf import settings as django_settings
from djmoney.money import Money

from shop.catalog.crawlers import PERSONAL, ProductPages
from tests.support.factories import CategoryFactory, ProductFactory, VariantFactory, set_price

pytestmark = pytest.mark.django_db

SITE = django_settings.SITE_URL


@pytest.fixture
def product():
    variant = VariantFactory(stocked=3)
    set_price(variant, Money("20.00", "EUR"), Money("23.00", "USD"))
    return variant.product


def known(client, path):
    page = client.get(path).content.decode()
    found = re.search(r'<script type="application/ld\+json">(.*?)</script>', page, re.DOTALL)
    assert found
    return json.loads(found[1])


def graph(client, path):
    return dict(re.findall(r'<meta property="og:(\w+)" content="([^"]*)">', client.get(path).content.decode()))


def test_crawlers_leave_alone_what_is_somebodys_own(client):
    text = client.get("/robots.txt").content.decode()
    for name in PERSONAL:
        assert f"Disallow: /{name}/\n" in text
        assert f"Disallow: /*/{name}/\n" in text
    assert f"Sitemap: {SITE}/sitemap.xml\n" in text
    assert "Disallow: /products" not in text


def test_the_map_leads_to_every_product_that_is_for_sale(client, product):
    gone = ProductFactory(active=False)
    index = client.get("/sitemap.xml").content.decode()
    files = re.findall(r"<loc>(.*?)</loc>", index)
    assert len(files) == 3
    text = "".join(client.get(urlsplit(file).path).content.decode() for file in files)
    assert f"<loc>{SITE}{product.get_absolute_url()}</loc>" in text
    assert f"<loc>{SITE}/</loc>" in text
    assert gone.slug not in text


def test_categories_are_on_the_map(client):
    category = CategoryFactory()
    assert category.get_absolute_url() in client.get("/sitemap-pages.xml").content.decode()


def test_the_map_names_the_shops_own_address_whatever_host_is_asked(client, product, settings):
    settings.ALLOWED_HOSTS = ["*"]
    text = client.get("/sitemap-products.xml", headers={"host": "evil.example"}).content.decode()
    assert "evil.example" not in text
    assert product.slug in text


def test_many_products_are_in_several_files(client, monkeypatch):
    monkeypatch.setattr(ProductPages, "limit", 2)
    for _ in range(5):
        ProductFactory()
    assert client.get("/sitemap.xml").content.decode().count("sitemap-products.xml") == 3
    assert client.get("/sitemap-products.xml?p=3").status_code == 200
    for nonsense in ("9", "x", "-1", "%00"):
        assert client.get(f"/sitemap-products.xml?p={nonsense}").status_code == 404
    assert client.get("/sitemap-nothing.xml").status_code == 404


def test_a_map_costs_one_query_however_many_products_there_are(client, django_assert_max_num_queries):
    for _ in range(20):
        ProductFactory()
    with django_assert_max_num_queries(3):
        client.get("/sitemap-products.xml")


def test_a_product_says_what_it_is_what_it_costs_and_whether_it_is_there(client, product):
    found = known(client, product.get_absolute_url())
    assert (found["@type"], found["name"]) == ("Product", product.title)
    (offer,) = found["offers"]
    assert (offer["price"], offer["priceCurrency"]) == ("20.00", "EUR")
    assert offer["availability"] == "https://schema.org/InStock"
    assert offer["url"] == f"{SITE}{product.get_absolute_url()}?variant={offer['sku']}"


def test_what_is_sold_out_says_so(client):
    product = VariantFactory(stocked=0).product
    assert known(client, product.get_absolute_url())["offers"][0]["availability"] == "https://schema.org/OutOfStock"


def test_a_product_without_a_price_offers_nothing(client):
    product = VariantFactory(stocked=1, price=Money("5.00", "USD")).product
    assert known(client, product.get_absolute_url())["offers"] == []


def test_who_shows_a_link_gets_title_picture_and_address(client, product):
    found = graph(client, product.get_absolute_url())
    assert found["title"] == product.title
    assert found["url"] == f"{SITE}{product.get_absolute_url()}"
    assert found["image"].startswith(f"{SITE}/")


def test_the_chinese_page_names_its_own_address(client, product):
    found = graph(client, f"/zh-hans{product.get_absolute_url()}")
    assert found["url"] == f"{SITE}/zh-hans{product.get_absolute_url()}"
    assert known(client, f"/zh-hans{product.get_absolute_url()}")["url"] == found["url"]


@pytest.mark.parametrize("title", ['</script><script>alert("1")</script>', "a & b < c", "\"quoted\" 'title'"])
def test_a_title_closes_no_script_and_no_attribute(client, product, title):
    product.title = product.title_en = title
    product.save()
    page = client.get(product.get_absolute_url()).content.decode()
    assert known(client, product.get_absolute_url())["name"] == title
    assert '<script>alert("1")' not in page
