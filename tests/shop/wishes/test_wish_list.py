"""The wish list: of a guest in the session, of a member in the account, and one after signing in."""

import re

import pytest
from django.test import Client

from shop.wishes import wish_list
from shop.wishes.models import Wish
from tests.support.factories import ProductFactory, UserFactory, VariantFactory

pytestmark = [pytest.mark.slow, pytest.mark.django_db]


@pytest.fixture
def mug():
    return VariantFactory(product=ProductFactory(title="Mug")).product


@pytest.fixture
def pan():
    return VariantFactory(product=ProductFactory(title="Pan")).product


def wish(client, product, **sent):
    return client.post(f"/wishes/{product.pk}/", sent)


def listed(client):
    return [product.title for product in client.get("/wishes/").context["products"]]


@pytest.mark.parametrize("member", [False, True])
def test_what_is_wished_for_is_on_the_list_once_newest_first_and_comes_off(client, mug, pan, member):
    if member:
        client.force_login(UserFactory())
    for product in (mug, pan, pan):
        wish(client, product)
    assert listed(client) == ["Pan", "Mug"]
    wish(client, mug, off="1")
    assert listed(client) == ["Pan"]
    assert "Keep on the wish list" in client.get(mug.get_absolute_url()).content.decode()
    assert "take it off" in client.get(pan.get_absolute_url()).content.decode()


def test_a_guests_list_joins_the_members_at_sign_in(client, mug, pan):
    member = UserFactory(email="ann@example.com", password="secret-word-7")
    Wish.objects.create(user=member, product=mug)
    gone = VariantFactory().product
    for product in (mug, pan, gone):
        wish(client, product)
    gone.variants.get().stock.delete()
    gone.delete()
    client.post("/accounts/login/", {"login": "ann@example.com", "password": "secret-word-7"})
    assert listed(client) == ["Pan", "Mug"]
    assert wish_list.SESSION_KEY not in client.session


def test_each_sees_the_own_list(client, mug):
    wish(Client(), mug)
    Wish.objects.create(user=UserFactory(), product=mug)
    assert listed(client) == []
    client.force_login(UserFactory())
    assert listed(client) == []


def test_what_is_not_for_sale_cannot_be_wished_for_and_is_not_shown(client, mug, pan):
    wish(client, mug)
    type(mug).objects.update(active=False)
    assert listed(client) == []
    assert wish(client, pan).status_code == 404
    assert client.post("/wishes/999999/").status_code == 404


def test_a_list_has_a_bound(client, monkeypatch):
    monkeypatch.setattr(wish_list, "MOST", 2)
    products = [VariantFactory().product for _ in range(3)]
    for product in products:
        wish(client, product)
    assert listed(client) == [products[2].title, products[1].title]
    member = UserFactory()
    client.force_login(member)
    for product in products:
        wish(client, product)
    assert Wish.objects.filter(user=member).count() == 2


def test_a_list_needs_as_many_queries_for_twenty_as_for_one(client, django_assert_max_num_queries):
    member = UserFactory()
    client.force_login(member)
    for _ in range(20):
        Wish.objects.create(user=member, product=VariantFactory().product)
    client.get("/wishes/")
    with django_assert_max_num_queries(8):
        client.get("/wishes/")


def test_what_can_be_done_with_a_product_beside_buying_it_is_one_row(client, mug):
    page = client.get(mug.get_absolute_url()).content.decode()
    (row,) = re.findall(r'<div class="actions">(.*?)</div>', page, re.DOTALL)
    names = re.findall(r"<button[^>]*>\s*(?:<span[^>]*>.</span>)?\s*([\w ]+?)\s*</button>", row)
    assert names == ["Wish list", "Share", "Compare"]
    assert page.count('class="actions"') == 1
