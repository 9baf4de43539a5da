"""Orders of a guest are added to the account whose confirmed mail address they have."""

import pytest
from allauth.account.models import EmailAddress

from events.models import Event
from orders.models import Order
from shop.members import guest_orders
from tests.support.factories import UserFactory, make_order

pytestmark = [pytest.mark.slow, pytest.mark.django_db]


def test_a_confirmed_address_adds_its_orders_by_one_press(client, ann):
    mine = [make_order(email="ann@example.com"), make_order(email="Ann@Example.com")]
    others = [make_order(email="bob@example.com"), make_order(email="ann@example.com", user=UserFactory())]
    assert "2 orders were placed with this address" in client.get("/account/").content.decode()
    page = client.post("/account/add-orders/", follow=True).content.decode()
    assert "2 orders were added to your account." in page
    assert all(order.ref in page for order in mine)
    assert not any(order.ref in page for order in others)
    event = Event.objects.filter(stream=mine[0].stream).order_by("seq").last()
    assert event.type == "order.added_to_account"
    assert "were placed with this address" not in client.get("/account/").content.decode()


def test_an_address_that_is_not_confirmed_adds_nothing(client, ann):
    EmailAddress.objects.filter(user=ann).update(verified=False)
    order = make_order(email="ann@example.com")
    assert "placed with this address" not in client.get("/account/").content.decode()
    client.post("/account/add-orders/")
    assert Order.objects.get(pk=order.pk).user is None


def test_pressed_twice_they_are_added_once(client, ann):
    order = make_order(email="ann@example.com")
    assert [guest_orders.add_to_account(ann), guest_orders.add_to_account(ann)] == [1, 0]
    types = list(Event.objects.filter(stream=order.stream).values_list("type", flat=True))
    assert types.count("order.added_to_account") == 1


def test_an_order_whose_address_staff_changed_meanwhile_is_not_added(ann, monkeypatch):
    order = make_order(email="ann@example.com")
    refs = [order.ref]
    Order.objects.get(pk=order.pk)
    order.email = "bob@example.com"
    order.save(update_fields=["email"])
    assert not guest_orders._add(refs[0], ann)
    assert Order.objects.get(pk=order.pk).user is None
