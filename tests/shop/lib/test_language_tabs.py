"""Texts of the catalogue in admin: a tab for each language."""

import re

import pytest
from django.urls import reverse

from shop.catalog.models import Category
from tests.support.factories import CategoryFactory, DeliveryMethodFactory, UserFactory, VariantFactory

pytestmark = [pytest.mark.slow, pytest.mark.django_db]

FIRST = {"treebeard_position": "first-child", "treebeard_ref_node": ""}


@pytest.fixture
def staff(client):
    client.force_login(UserFactory(is_staff=True, is_superuser=True))
    return client


def form(client, thing):
    model = type(thing)._meta
    return client.get(reverse(f"admin:{model.app_label}_{model.model_name}_change", args=[thing.pk])).content.decode()


def tab(html, language):
    """The part of the page that the tab of a language shows."""
    start = html.index(f'<div class="tab-wrapper fieldset-{language}"')
    end = html.find('<div class="tab-wrapper', start + 1)
    return html[start:end] if end > 0 else html[start : html.index("submit-row", start)]


@pytest.mark.parametrize(
    ("make", "fields"),
    [
        (lambda: VariantFactory().product, ["title", "text", "picture_alt"]),
        (CategoryFactory, ["title", "blurb"]),
        (DeliveryMethodFactory, ["title"]),
    ],
    ids=["product", "category", "delivery method"],
)
def test_each_language_has_a_tab_with_its_texts_and_no_other(staff, make, fields):
    html = form(staff, make())
    english, chinese = tab(html, "english"), tab(html, "simplified-chinese")
    for field in fields:
        assert f'name="{field}_en"' in english
        assert f'name="{field}_zh_hans"' in chinese
        assert html.count(f'name="{field}_en"') == html.count(f'name="{field}_zh_hans"') == 1
    assert "_zh_hans" not in english
    assert 'name="slug"' not in english + chinese


def test_the_tabs_are_buttons_and_a_field_says_its_language(staff):
    html = form(staff, CategoryFactory())
    for name in ("English", "Simplified Chinese"):
        button = re.search(rf"<button([^>]*)>\s*{name}\s*</button>", html)[1]
        assert 'type="button"' in button
        assert "aria-pressed" in button
    assert "Title (English)" in html
    assert "Title (简体中文)" in html


def test_a_category_is_made_with_its_texts_in_both_languages(staff):
    sent = {
        "slug": "garden",
        "title_en": "Garden",
        "title_zh_hans": "花园",
        "blurb_en": "",
        "blurb_zh_hans": "",
    }
    assert staff.post(reverse("admin:catalog_category_add"), sent | FIRST).status_code == 302
    made = Category.objects.get(slug="garden")
    assert (made.title_en, made.title_zh_hans) == ("Garden", "花园")


def test_a_mistake_in_a_language_that_is_not_shown_opens_its_tab(staff):
    category = CategoryFactory()
    sent = {
        "slug": category.slug,
        "title_en": "Garden",
        "title_zh_hans": "长" * 81,
        "blurb_en": "",
        "blurb_zh_hans": "",
    }
    change = reverse("admin:catalog_category_change", args=[category.pk])
    html = staff.post(change, sent | FIRST).content.decode()
    assert "activeFieldsetTab: 'simplified-chinese'" in html
    assert "at most 80 characters" in tab(html, "simplified-chinese")
    assert Category.objects.get(pk=category.pk).title == category.title
