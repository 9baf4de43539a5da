"""A product's product_page_cache is kept by what its rows hold: nobody is shown what is no more."""

import re

import pytest
from django.db.models import QuerySet
from django.test import Client
from djmoney.money import Money

from shop.catalog import product_page_cache, stock
from shop.catalog.models import Price, Product, Stock
from tests.support.factories import ProductFactory, VariantFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def variant():
    return VariantFactory(stocked=10, option="Green")


def page(variant, client=None, asked=""):
    query = {"variant": asked} if asked else {}
    return (client or Client()).get(f"/products/{variant.product.slug}/", query).content.decode()


@pytest.fixture
def made(monkeypatch):
    """The calls that made a page for the cache."""
    counted, make = [], product_page_cache._make
    monkeypatch.setattr(product_page_cache, "_make", lambda *args: counted.append(args) or make(*args))
    return counted


def test_it_is_made_once_for_all_who_look(variant, made):
    assert (
        len({re.sub(r'(csrfmiddlewaretoken" value|live-ticket" content)="[^"]+"', "", page(variant)) for _ in range(3)})
        == 1
    )
    assert len(made) == 1


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda v: Product.objects.filter(pk=v.product_id).update(title="Another name"), "Another name"),
        (lambda v: Price.objects.filter(variant=v).update(amount=Money("77.70", "EUR")), "77.70"),
        (lambda v: QuerySet(Stock).filter(variant=v).update(on_hand=3), "3 left"),
        (lambda v: stock.adjust(v, 0), "data-sold-out>Sold out for now"),
        (lambda v: Product.objects.filter(pk=v.product_id).update(active=False), "no longer for sale"),
        (lambda v: type(v.product.category).objects.filter(pk=v.product.category_id).update(title="Attic"), "Attic"),
        (lambda v: VariantFactory(product=v.product, option="Ochre"), "Ochre"),
    ],
)
def test_whatever_changes_the_next_page_shows_it(variant, made, change, said):
    before = page(variant)
    assert said not in before
    change(variant)
    assert said in page(variant)


def test_a_change_made_while_a_page_is_made_is_on_the_next_page_and_not_in_the_cache(variant, monkeypatch):
    """The title changes while the cached page is made, and then changes back."""
    make, title = product_page_cache._make, variant.product.title

    def meanwhile(*args):
        Product.objects.filter(pk=variant.product_id).update(title="For a moment")
        return make(*args)

    monkeypatch.setattr(product_page_cache, "_make", meanwhile)
    assert "For a moment" not in page(variant)
    monkeypatch.setattr(product_page_cache, "_make", make)
    assert "For a moment" in page(variant)
    Product.objects.filter(pk=variant.product_id).update(title=title)
    assert "For a moment" not in page(variant)


def test_each_visitor_gets_a_form_that_works(variant):
    page(variant)
    for _ in range(2):
        visitor = Client(enforce_csrf_checks=True)
        token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page(variant, visitor))[1]
        answer = visitor.post("/cart/add/", {"variant": variant.pk, "csrfmiddlewaretoken": token})
        assert (answer.status_code, answer.headers["Location"]) == (302, "/cart/")


def test_the_variant_that_was_asked_for_is_chosen_and_any_other_word_is_not_kept(variant, made):
    other = VariantFactory(product=variant.product, stocked=1, option="Ochre")
    assert f'value="{other.pk}" checked' in page(variant, asked=other.sku)
    assert f'value="{variant.pk}" checked' in page(variant)
    for word in ("x", "<script>", "y" * 1000, "EUR", variant.product.slug):
        assert f'value="{variant.pk}" checked' in page(variant, asked=word)
    assert len(made) == 2


def test_each_language_has_its_own(variant):
    assert "Add to cart" in page(variant)
    chinese = Client(headers={"accept-language": "zh-hans"})
    assert "Add to cart" not in page(variant, chinese)


def test_a_product_without_variants_and_one_that_is_not_there(client):
    bare = ProductFactory()
    assert "not for sale yet" in client.get(f"/products/{bare.slug}/").content.decode()
    assert client.get("/products/nothing-of-that-name/").status_code == 404
