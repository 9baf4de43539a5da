"""What stands below a product: what is bought with it, its category, and what the visitor has seen."""

import pytest
from djmoney.money import Money

from orders import companions
from orders.models import OrderLine
from shop.catalog.recently_seen import COOKIE
from tests.support.factories import CategoryFactory, ProductFactory, VariantFactory, make_order

pytestmark = pytest.mark.django_db


@pytest.fixture
def mug():
    return VariantFactory(product=ProductFactory(title="Mug"))


def bought(*variants):
    """An order of these."""
    order = make_order()
    price = Money("20.00", "EUR")
    for each in variants:
        OrderLine.objects.create(
            order=order, variant=each, sku=each.sku, title="x", quantity=1, unit_price=price, net=price
        )


def beside(client, variant):
    return [product.title for product in client.get(variant.product.get_absolute_url()).context["related"]()]


def test_what_is_often_bought_with_it_comes_before_its_category(client, mug):
    pan, kite = (VariantFactory(product=ProductFactory(title=title)) for title in ("Pan", "Kite"))
    VariantFactory(product=ProductFactory(title="Cup", category=mug.product.category))
    for _ in range(2):
        bought(mug, kite)
    for _ in range(3):
        bought(mug, pan)
    assert beside(client, mug) == ["Pan", "Kite", "Cup"]


def test_what_one_person_bought_with_it_is_told_nobody(client, mug):
    bought(mug, VariantFactory(product=ProductFactory(title="Secret")))
    assert beside(client, mug) == []


def test_neither_itself_nor_what_is_withdrawn_goes_with_it(client, mug):
    other = VariantFactory(product=mug.product, option="Clay")
    gone = VariantFactory(product=ProductFactory(title="Gone", active=False))
    for _ in range(2):
        bought(mug, other, gone)
    assert beside(client, mug) == []


def test_only_the_newest_orders_are_looked_at_by_two_queries(mug, monkeypatch, django_assert_num_queries):
    monkeypatch.setattr(companions, "NEWEST", 2)
    pan, kite = VariantFactory(), VariantFactory()
    for _ in range(2):
        bought(mug, pan)
    for _ in range(2):
        bought(mug, kite)
    with django_assert_num_queries(2):
        assert companions.bought_with(mug.product_id) == [kite.product_id]


def seen(client, variant):
    return [product.title for product in client.get(variant.product.get_absolute_url()).context["seen"]]


def test_the_products_seen_before_are_shown_newest_first(client, mug):
    others = [VariantFactory(product=ProductFactory(title=f"Other {n}")) for n in range(5)]
    assert seen(client, mug) == []
    for other in others:
        seen(client, other)
    assert seen(client, mug) == ["Other 4", "Other 3", "Other 2", "Other 1"]
    assert seen(client, others[4]) == ["Mug", "Other 3", "Other 2", "Other 1"]


def test_what_was_seen_is_kept_in_the_browser_until_it_is_closed(client, mug):
    cookie = client.get(mug.product.get_absolute_url()).cookies[COOKIE]
    assert (cookie.value, cookie["max-age"], cookie["expires"]) == (str(mug.product_id), "", "")
    assert cookie["httponly"]


@pytest.mark.parametrize("written", ["<script>", "1.2.3.4.5.6.7.8", "9" * 300, "-1", "..", "99999999999999999999"])
def test_a_cookie_that_somebody_wrote_breaks_nothing(client, mug, written):
    client.cookies[COOKIE] = written
    assert client.get(mug.product.get_absolute_url()).status_code == 200


def test_a_returning_visitors_page_needs_few_queries(client, mug, django_assert_max_num_queries):
    for _ in range(5):
        seen(client, VariantFactory(product=ProductFactory(category=CategoryFactory())))
    seen(client, mug)
    with django_assert_max_num_queries(6):
        client.get(mug.product.get_absolute_url())
