"""**Save this address** at checkout: a member's address is kept once, and a guest's never."""

import pytest

from orders.models import Order
from shop.accounts import saved_addresses
from shop.accounts.models import SavedAddress
from shop.cart.models import Cart
from tests.orders.conftest import form
from tests.support.factories import ADDRESS, UserFactory, VariantFactory
from tests.support.together import at_once

pytestmark = [pytest.mark.slow, pytest.mark.django_db]
TICKED = {"save_address": "on"}
FIELDS = {name: ADDRESS[name] for name in ("name", "address", "city", "postal_code", "country")} | {"region": ""}


@pytest.fixture
def member(client):
    person = UserFactory()
    client.force_login(person)
    return person


def fill(client):
    client.post("/cart/add/", {"variant": VariantFactory(stocked=10).pk, "quantity": 1})


def buy(client, method, **changes):
    fill(client)
    return client.post("/checkout/", form(Cart.objects.get(lines__isnull=False), method, **changes))


def kept(person):
    return [(each.address, each.is_default) for each in person.saved_addresses.all()]


def test_a_ticked_address_is_kept_and_the_first_is_the_one_to_begin_with(client, member, method):
    assert buy(client, method, **TICKED).status_code == 302
    assert buy(client, method, **TICKED, address="9 Far Street").status_code == 302
    assert kept(member) == [(ADDRESS["address"], True), ("9 Far Street", False)]


def test_without_the_tick_nothing_is_kept(client, member, method):
    buy(client, method)
    assert kept(member) == []


def test_the_same_address_is_kept_once_however_it_is_typed(client, member, method):
    buy(client, method, **TICKED)
    buy(client, method, **TICKED, address=f" {ADDRESS['address'].upper()} ", city=ADDRESS["city"].lower())
    assert kept(member) == [(ADDRESS["address"], True)]
    buy(client, method, **TICKED, name="Somebody Else")  # at the same door
    assert len(kept(member)) == 2


def test_a_guest_is_offered_nothing_and_nothing_is_kept(client, method):
    assert buy(client, method, **TICKED).status_code == 302
    fill(client)
    assert "save_address" not in client.get("/checkout/").content.decode()
    assert not SavedAddress.objects.exists()


def test_a_member_is_offered_it_and_a_refused_form_keeps_the_tick_and_saves_nothing(client, member, method):
    fill(client)
    page = client.get("/checkout/").content.decode().split('name="save_address"')[1]
    assert "checked" not in page.split(">")[0]
    answer = client.post("/checkout/", form(Cart.objects.get(), method, **TICKED, postal_code="1"))
    assert answer.status_code == 422
    assert "checked" in answer.content.decode().split('name="save_address"')[1].split(">")[0]
    assert kept(member) == []


def test_an_order_is_placed_where_there_is_no_room_for_its_address(client, member, method, monkeypatch):
    monkeypatch.setattr(saved_addresses, "MOST", 0)
    assert buy(client, method, **TICKED).status_code == 302
    assert Order.objects.count() == 1
    assert kept(member) == []
    assert "You can keep at most 0 addresses." in client.get("/cart/").content.decode()


@pytest.mark.django_db(transaction=True)
def test_two_clicks_at_once_keep_one_address():
    person = UserFactory()
    at_once(*[lambda: saved_addresses.keep(person.pk, FIELDS)] * 2)
    assert kept(person) == [(ADDRESS["address"], True)]
