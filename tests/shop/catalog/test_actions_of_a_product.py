"""What a visitor can do with a product beside buying it is drawn once for all to whom it says the same."""

import pytest
from django.test import Client
from django.utils.translation import override

from shop.catalog import page_parts
from tests.support.factories import VariantFactory

HEART = "wishes/_action.html"


@pytest.fixture(autouse=True)
def rendered(monkeypatch):
    """The templates that are rendered."""
    page_parts._drawn.cache_clear()
    found = []
    really = page_parts.render_to_string

    def render(template, context):
        found.append(template)
        return really(template, context)

    monkeypatch.setattr(page_parts, "render_to_string", render)
    yield found
    page_parts._drawn.cache_clear()


def test_each_visitor_has_a_form_with_a_token_of_their_own(rendered):
    first, second = (page_parts.drawn(HEART, token, product=1, wished=False) for token in ("ann's", "ben's"))
    assert 'value="ann&#x27;s"' in first
    assert 'value="ben&#x27;s"' in second
    assert "ann" not in second
    assert rendered == [HEART]


def test_what_differs_is_drawn_again():
    draw = page_parts.drawn
    wished, other = draw(HEART, "t", product=1, wished=True), draw(HEART, "t", product=2, wished=False)
    with override("zh-hans"):
        chinese = draw(HEART, "t", product=2, wished=False)
    assert 'name="off"' in wished
    assert 'name="off"' not in other
    assert "Wish list" in other
    assert "Wish list" not in chinese


@pytest.mark.django_db
def test_two_visitors_see_what_each_of_them_compares():
    product = VariantFactory(stocked=1).product
    ann, ben = Client(), Client()
    ann.post("/compare/", {"product": product.pk})
    pages = [who.get(product.get_absolute_url()).content.decode() for who in (ann, ben, ann)]
    assert ["See 1 product side by side" in page for page in pages] == [True, False, True]
