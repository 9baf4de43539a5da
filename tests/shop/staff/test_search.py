"""The one search of the admin: what it finds, for whom."""

import pytest
from django.test import RequestFactory
from django.urls import reverse

from shop.staff.search import MOST, find
from tests.orders.conftest import member_of
from tests.orders.shipping.conftest import prepared
from tests.support.factories import UserFactory, VariantFactory, make_order

pytestmark = pytest.mark.django_db


def hits(who, term):
    request = RequestFactory().get("/admin/search/")
    request.user = who
    return find(request, term)


def links(who, term):
    return {hit.link for hit in hits(who, term)}


@pytest.fixture
def manager():
    return member_of("Manager")


def page(row):
    return reverse(f"admin:{row._meta.app_label}_{row._meta.model_name}_change", args=[row.pk])


@pytest.mark.parametrize("part", ["ref", "name", "email"])
def test_an_order_is_found_by_what_is_on_it(manager, part):
    order = make_order()
    assert page(order) in links(manager, getattr(order, part))
    assert page(order) in links(manager, getattr(order, part).lower())


def test_a_parcel_leads_to_its_order(manager):
    from orders.shipping import parcels

    order = prepared(1)
    parcels.send(order.ref, None, actor="staff:1", tracking="JJD-77")
    assert links(manager, "jjd-77") == {page(order)}


def test_a_sku_leads_to_the_product_its_stock_and_its_orders():
    owner = UserFactory(is_staff=True, is_superuser=True)
    order = prepared(1)
    variant = order.lines.get().variant
    assert links(owner, variant.sku) == {page(order), page(variant.product), page(variant.stock)}


def test_a_customer_is_found_by_the_mail_address():
    owner = UserFactory(is_staff=True, is_superuser=True)
    somebody = UserFactory(email="zoe@example.org")
    assert page(somebody) in links(owner, "zoe@")


def test_nobody_finds_what_they_may_not_see():
    order, variant = make_order(), VariantFactory(stocked=1)
    catalogue = member_of("Catalogue")
    assert links(catalogue, order.ref) == set()
    assert page(variant.product) in links(catalogue, variant.sku)
    assert links(UserFactory(is_staff=True), order.ref) == set()


def test_of_many_hits_a_few_are_shown(manager, django_assert_max_num_queries):
    orders = [make_order() for _ in range(MOST + 3)]
    with django_assert_max_num_queries(12):
        assert len(hits(manager, orders[0].name)) == MOST


def test_a_page_of_the_admin_is_found_by_its_name(manager):
    assert reverse("admin:orders_order_changelist") in links(manager, "ORDER")
    assert reverse("admin:orders_order_changelist") not in links(member_of("Catalogue"), "ORDER")


@pytest.mark.parametrize("term", ["", " ", "\0", "x" * 100_000, "%", "'\"\\", "\u202e"])
def test_nonsense_breaks_nothing(manager, term):
    make_order()
    assert isinstance(hits(manager, term), list)


def test_the_page_answers_with_the_hits(client, manager):
    client.force_login(manager)
    order = make_order()
    answer = client.get("/admin/search/", {"s": order.ref, "extended": "1"})
    assert page(order) in answer.content.decode()
    newer = make_order()
    again = client.get("/admin/search/", {"s": order.email, "extended": "1"}).content.decode()
    assert page(newer) in again


def test_the_search_is_for_staff(client):
    make_order()
    assert client.get("/admin/search/", {"s": "a"}).status_code == 302
    client.force_login(UserFactory())
    assert client.get("/admin/search/", {"s": "a"}).status_code in (302, 403)
