"""Addresses that carry the language, for crawlers and for links that people share."""

import pytest
from django.urls import get_script_prefix
from djmoney.money import Money

from shop.cart.models import CartLine
from tests.support.factories import ProductFactory, UserFactory, VariantFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def mug():
    product = ProductFactory(slug="mug", title_en="Stoneware mug", title_zh_hans="马克杯")
    return VariantFactory(product=product, price=Money("9.00", "EUR"))


@pytest.mark.parametrize("path", ["/", "/products/", "/products/mug/", "/search/?q=mug", "/cart/", "/accounts/login/"])
def test_the_chinese_address_shows_the_chinese_page_to_who_said_nothing(client, mug, path):
    page = client.get(f"/zh-hans{path}")
    assert page.status_code == 200
    assert page["Content-Language"] == "zh-hans"
    assert '<html lang="zh-hans">' in page.content.decode()
    assert '<html lang="en">' in client.get(path).content.decode()


def test_links_on_a_chinese_page_stay_chinese(client, mug):
    page = client.get("/zh-hans/products/").content.decode()
    assert 'href="/zh-hans/products/mug/"' in page
    assert 'href="/products/mug/"' not in page
    assert 'href="/products/mug/"' in client.get("/products/").content.decode()


def test_each_page_names_its_address_in_every_language(client, mug, settings):
    for path, own in (("/products/mug/", "/products/mug/"), ("/zh-hans/products/mug/", "/zh-hans/products/mug/")):
        page = client.get(path).content.decode()
        site = settings.SITE_URL
        assert f'<link rel="alternate" hreflang="en" href="{site}/products/mug/">' in page
        assert f'<link rel="alternate" hreflang="zh-hans" href="{site}/zh-hans/products/mug/">' in page
        assert page.count('rel="canonical"') == 1
        assert f'<link rel="canonical" href="{site}{own}">' in page


def test_forms_work_at_chinese_addresses(client, mug):
    answer = client.post("/zh-hans/cart/add/", {"variant": mug.pk})
    assert answer["Location"] == "/zh-hans/cart/"
    assert CartLine.objects.get().variant == mug
    assert "马克杯" in client.get("/zh-hans/cart/").content.decode()


def test_switching_the_language_leaves_the_prefix(client, mug):
    page = client.get("/zh-hans/products/mug/?variant=x").content.decode()
    assert 'name="next" value="/products/mug/?variant=x"' in page
    for form in ("/i18n/setlang/", "/zh-hans/i18n/setlang/"):
        answer = client.post(form, {"language": "en", "next": "/products/mug/"})
        assert answer["Location"] == "/products/mug/"
        client.cookies.clear()


def test_who_must_sign_in_does_so_in_the_language_of_the_address(client):
    assert client.get("/zh-hans/orders/")["Location"].startswith("/zh-hans/accounts/login/")


def test_one_request_leaves_no_prefix_for_the_next(client):
    client.get("/zh-hans/")
    assert get_script_prefix() == "/"
    client.get("/zh-hans/nothing-here/")
    assert get_script_prefix() == "/"


def test_a_cookie_still_chooses_the_language_where_the_address_does_not(client):
    client.cookies["django_language"] = "zh-hans"
    page = client.get("/")
    assert "购物车" in page.content.decode()
    assert "Accept-Language" in page["Vary"]


@pytest.mark.parametrize("path", ["/zh-hans/zh-hans/", "/zh-hant/", "/de/", "/zh-hans", "/zh-hans//evil.example/"])
def test_what_is_no_address_is_not_found(client, path):
    assert client.get(path).status_code in (301, 404)
    if client.get(path).status_code == 301:
        assert client.get(path)["Location"] in ("/zh-hans/",)


def test_the_admin_is_guarded_under_the_prefix_too(client):
    assert client.get("/zh-hans/admin/")["Location"].startswith(("/zh-hans/admin/login/", "/zh-hans/accounts/login/"))
    client.force_login(UserFactory())
    assert client.get("/zh-hans/admin/").status_code in (302, 403)


def test_probes_and_files_have_no_language(client):
    assert client.get("/healthz").status_code == 200
