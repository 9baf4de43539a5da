"""A photo of a parcel is for those whose order it is, and for staff who may see orders."""

import pytest
from django.test import Client
from django.urls import reverse

from orders import access_links
from orders.access_links import Strength
from tests.orders.conftest import admin_page, member_of
from tests.orders.photos.conftest import photo_of
from tests.support.factories import UserFactory

pytestmark = [pytest.mark.slow, pytest.mark.django_db]


def address_of(order, photo=None):
    return reverse("orders:photo", args=[order.ref, (photo or photo_of(order)).pk])


def by_link(order, strength):
    client = Client()
    client.get(access_links.path(order, strength))
    return client


def test_the_owner_gets_the_picture_for_this_browser_alone(client, photographed):
    owner = UserFactory()
    order = photographed(user=owner)
    client.force_login(owner)
    answer = client.get(address_of(order))
    assert answer.content == bytes(photo_of(order).picture)
    assert answer["Content-Type"] == "image/webp"
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert "private" in answer["Cache-Control"]
    assert "public" not in answer["Cache-Control"]
    assert address_of(order) in client.get(order.get_absolute_url()).content.decode()


def test_a_guest_with_the_full_link_sees_it_and_an_onlooker_does_not(photographed):
    order = photographed()
    guest, onlooker = by_link(order, Strength.ACT), by_link(order, Strength.LOOK)
    assert guest.get(address_of(order)).status_code == 200
    assert address_of(order) in guest.get(order.get_absolute_url()).content.decode()
    assert onlooker.get(address_of(order)).status_code == 404
    page = onlooker.get(order.get_absolute_url())
    assert page.status_code == 200
    assert "photo" not in page.content.decode().split('<article class="order"')[1].split("</article>")[0]


def test_nobody_gets_it_by_the_address_of_an_order_of_their_own(client, photographed):
    owner = UserFactory()
    mine, other = photographed(user=owner), photographed()
    client.force_login(owner)
    assert client.get(address_of(mine, photo_of(other))).status_code == 404
    assert client.get(address_of(other)).status_code == 404
    assert Client().get(address_of(other)).status_code == 404


ROLES = [("Support", 200), ("Fulfilment", 200), ("Rider", 404), ("Catalogue", 404)]


@pytest.mark.parametrize(("role", "status"), ROLES)
def test_of_the_staff_those_who_may_see_orders_see_it(client, photographed, role, status):
    order = photographed()
    client.force_login(member_of(role))
    assert client.get(address_of(order)).status_code == status


def test_staff_find_it_on_the_orders_page_and_in_what_happened(staff, photographed):
    order = photographed()
    page = staff.get(admin_page(order)).content.decode()
    assert address_of(order) in page
    assert "A photo was taken" in page


def test_photos_cost_an_order_page_no_query(client, photographed, django_assert_max_num_queries):
    owner = UserFactory()
    order = photographed(user=owner)
    client.force_login(owner)
    client.get(order.get_absolute_url())
    with django_assert_max_num_queries(20) as counted:
        client.get(order.get_absolute_url())
    assert not [each for each in counted.captured_queries if "parcelphoto" in each["sql"]]
