"""A page of a list is what the database has now, although how many there are was counted a minute ago."""

import pytest
from django.core.paginator import Paginator

from shop.catalog import facets
from shop.catalog.listing import page_of
from shop.catalog.models import Product
from shop.catalog.views import PER_PAGE
from tests.support.factories import VariantFactory

SIZE = 4


class Query:
    """As a query set: it is sliced, and counts only if it must."""

    def __init__(self, keys):
        self.keys = keys
        self.asked = self.counted = 0

    def __getitem__(self, part):
        self.asked += 1
        return self.keys[part]

    def count(self):
        self.counted += 1
        return len(self.keys)


@pytest.mark.parametrize("number", [None, "", "1", "2", "3", "4", "0", "-1", "x", "9" * 30])
@pytest.mark.parametrize("there", [0, 1, 4, 5, 8, 9, 12])
def test_it_is_the_page_that_django_shows(there, number):
    keys = list(range(100, 100 + there))
    for rows in (keys, Query(keys)):
        page, found = page_of(rows, number, SIZE, counted=there)
        expected = Paginator(keys, SIZE).get_page(number or "1")
        assert (page.number, page.paginator.count) == (expected.number, there)
        assert found == list(expected.object_list)


@pytest.mark.parametrize("counted", [0, 3, 9, 50])
def test_what_was_counted_before_hides_no_page_and_invents_no_last_one(counted):
    query = Query(list(range(9)))
    first, found = page_of(query, "1", SIZE, counted)
    assert found == [0, 1, 2, 3]
    assert first.has_next()
    last, found = page_of(query, "3", SIZE, counted)
    assert (found, last.paginator.count, last.has_next()) == ([8], 9, False)
    beyond, found = page_of(query, "4", SIZE, counted)
    assert (beyond.number, found) == (3, [8])


def test_a_page_that_is_there_is_one_query():
    query = Query(list(range(9)))
    for number in ("1", "2", "3"):
        page_of(query, number, SIZE, counted=9)
    assert (query.asked, query.counted) == (3, 0)


@pytest.mark.django_db
def test_a_product_that_was_hidden_a_moment_ago_is_on_no_page(client):
    for _ in range(PER_PAGE + 2):
        VariantFactory()
    assert client.get("/products/").context["page"].paginator.count == PER_PAGE + 2
    Product.objects.filter(pk=Product.objects.latest("pk").pk).update(active=False)
    assert facets.on_sale("EUR").category.keys() > set(Product.objects.filter(active=True).values_list("pk", flat=True))
    pages = [client.get("/products/", {"page": n}).context for n in (1, 2)]
    assert [len(page["products"]) for page in pages] == [PER_PAGE, 1]
    assert pages[1]["page"].paginator.count == PER_PAGE + 1
