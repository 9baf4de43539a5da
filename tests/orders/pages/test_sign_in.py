"""Somebody signs in at a browser that a guest has used."""

import pytest

from orders import access_links
from tests.orders.conftest import fill, form
from tests.support.factories import UserFactory, make_order

pytestmark = pytest.mark.django_db


def test_the_address_of_another_person_is_not_filled_in(client, variant, method):
    client.post("/checkout/", form(fill(client, variant), method, email="guest@example.com", city="Elsewhere"))
    client.force_login(UserFactory(email="ann@example.com"))
    client.post("/cart/add/", {"variant": variant.pk, "quantity": 1})
    page = client.get("/checkout/").content.decode()
    assert "guest@example.com" not in page
    assert "Elsewhere" not in page


def test_ones_own_address_stays(client, variant, method):
    client.post("/checkout/", form(fill(client, variant), method, email="Ann@example.com", city="Elsewhere"))
    client.force_login(UserFactory(email="ann@example.com"))
    client.post("/cart/add/", {"variant": variant.pk, "quantity": 1})
    assert "Elsewhere" in client.get("/checkout/").content.decode()


def test_the_orders_of_the_guest_before_are_closed_and_ones_own_stay_open(client):
    own, others = make_order(email="ANN@example.com"), make_order(email="guest@example.com")
    for order in (own, others):
        client.get(access_links.path(order))
    client.force_login(UserFactory(email="ann@example.com"))
    assert client.get(f"/orders/{own.ref}/").status_code == 200
    assert client.get(f"/orders/{others.ref}/").status_code == 404
