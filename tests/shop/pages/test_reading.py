"""The shop's own pages as visitors read them: in each language, every version, and only what is published."""

import pytest

from shop.pages.models import Page
from tests.orders.conftest import member_of
from tests.support.factories import DeliveryMethodFactory, MarketFactory, SellerFactory

pytestmark = pytest.mark.django_db


def test_a_page_is_at_its_kinds_address_in_each_language(client, terms):
    english = client.get("/terms/").content.decode()
    assert "<h1>Terms</h1>" in english
    assert "What the <strong>checkout</strong> shows." in english
    assert 'hreflang="zh-hans"' in english
    assert "以结账页为准。" in client.get("/zh-hans/terms/").content.decode()


def test_the_foot_of_every_page_leads_there(client, terms):
    assert '<a href="/terms/">Terms</a>' in client.get("/cart/").content.decode()
    assert '<a href="/zh-hans/terms/">条款</a>' in client.get("/zh-hans/cart/").content.decode()


def test_what_is_not_published_is_for_staff_alone(client, terms):
    terms.published = False
    terms.save()
    assert client.get("/terms/").status_code == 404
    assert client.get("/info/terms/1/").status_code == 404
    assert "/terms/" not in client.get("/cart/").content.decode()
    client.force_login(member_of("Manager"))
    assert "only staff see it" in client.get("/terms/").content.decode()


def test_each_change_of_a_text_is_a_version_and_the_old_ones_stay(client, terms):
    terms.body_en = "Another price."
    terms.save()
    terms.position = 7  # no text: no version
    terms.save()
    assert [each.number for each in terms.versions.all()] == [2, 1]
    old = client.get("/info/terms/1/").content.decode()
    assert "What the <strong>checkout</strong> shows." in old
    assert "was replaced" in old
    assert "noindex" in old
    new = client.get("/info/terms/2/").content.decode()
    assert "Another price." in new
    assert "was replaced" not in new
    assert client.get("/info/terms/3/").status_code == 404


def test_another_page_has_an_address_with_its_slug(client, terms):
    Page.objects.create(slug="size-guide", title_en="Sizes", body_en="Measure.", published=True)
    assert "Measure." in client.get("/info/size-guide/").content.decode()
    assert client.get("/info/terms/")["Location"] == "/terms/"
    assert client.get("/info/none/").status_code == 404


def test_a_page_that_lacks_a_language_is_shown_in_the_first(client, terms):
    terms.body_zh_hans = ""
    terms.save()
    page = client.get("/zh-hans/terms/").content.decode()
    assert "条款" in page
    assert "What the <strong>checkout</strong> shows." in page


def test_published_pages_are_on_the_map(client, terms):
    assert "/terms/</loc>" in client.get("/sitemap-texts.xml").content.decode()


def test_the_costs_of_delivery_are_those_of_the_checkout(client):
    Page.objects.create(kind="delivery", title_en="Delivery", body_en="See below.", published=True)
    market = MarketFactory(title_en="Moon", title="Moon")
    DeliveryMethodFactory(title="Rocket", title_en="Rocket", min_days=3, max_days=5, market=market)
    DeliveryMethodFactory(code="gone", title="Gone", title_en="Gone", active=False)
    page = client.get("/delivery/").content.decode()
    for words in ("Moon", "Rocket", "3–5", "€4.90", "Prices include tax."):
        assert words in page, words
    assert "Gone" not in page


def test_the_imprint_has_the_seller_and_the_withdrawal_its_form(client):
    SellerFactory(register="HRB 1")
    for kind in ("imprint", "withdrawal"):
        Page.objects.create(kind=kind, title_en=kind, body_en="Text.", published=True)
    imprint = client.get("/imprint/").content.decode()
    for words in ("Morrow &amp; Finch GmbH", "HRB 1", "DE136695976", "mailto:shop@example.com"):
        assert words in imprint, words
    withdrawal = client.get("/withdrawal/").content.decode()
    assert "I/we (*) hereby give notice that" in withdrawal
    assert 'href="/withdrawal/form/"' in withdrawal


def test_a_page_costs_few_queries(client, terms, django_assert_max_num_queries):
    client.get("/terms/")
    with django_assert_max_num_queries(3):
        client.get("/terms/")
