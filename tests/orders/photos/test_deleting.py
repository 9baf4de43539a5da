"""A photo goes after 90 days, with the account of its owner, and when staff delete it."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from events.models import Event
from events.operations import periodic
from orders.models import Order, Parcel, ParcelPhoto
from orders.photos import service
from orders.presentation import present
from shop.members import deletion, exporting
from shop.staff.models import TrailEntry
from tests.orders.conftest import admin_page, member_of
from tests.orders.photos.conftest import photo_of
from tests.support.factories import UserFactory

pytestmark = [pytest.mark.slow, pytest.mark.django_db]


def shown(order):
    return present(Order.objects.get(pk=order.pk).state(), "en")["parcels"][0]["photos"]


def age(order, days):
    """As if it had been taken so long ago."""
    at = timezone.now() - timedelta(days=days)
    ParcelPhoto.objects.filter(parcel__order=order).update(taken_at=at)
    sent = Parcel.objects.get(order=order)
    sent.photo_list[0]["at"] = at.isoformat()
    sent.save(update_fields=["photo_list"])


def test_it_goes_after_ninety_days_and_no_page_shows_it_then(staff, photographed):
    old, young = photographed(), photographed()
    age(old, 91)
    age(young, 89)
    address = reverse("orders:photo", args=[old.ref, photo_of(old).pk])
    assert service.delete_old() == 1
    assert ParcelPhoto.objects.get() == photo_of(young)
    assert (len(shown(old)), len(shown(young))) == (0, 1)
    assert staff.get(address).status_code == 404
    assert address not in staff.get(admin_page(old)).content.decode()


def test_the_clean_up_is_among_the_periodic_tasks():
    assert "photos of parcels" in {task.name for task in periodic.all_tasks()}


def test_it_goes_with_the_account_of_its_owner_and_no_other(photographed):
    owner = UserFactory()
    mine, other = photographed(user=owner), photographed()
    deletion.delete(owner.pk)
    assert ParcelPhoto.objects.get() == photo_of(other)
    assert shown(mine) == []
    assert Event.objects.filter(stream=mine.stream).latest("seq").type == "parcel.photo_deleted"


def test_the_file_of_all_that_is_known_says_where_each_photo_is(photographed, settings):
    owner = UserFactory()
    order = photographed(user=owner)
    found = exporting.everything(owner)["orders"][0]["parcels"][0]["photos"]
    assert [(each["kind"], each["address"]) for each in found] == [
        ("packed", f"{settings.SITE_URL}/orders/{order.ref}/photos/{photo_of(order).pk}.webp")
    ]


def delete(client, order):
    address = reverse("admin:orders_order_delete_photo", args=[order.pk, photo_of(order).pk])
    return lambda: client.post(address, follow=True).content.decode()  # a page that stays open


def test_staff_delete_a_photo_of_the_wrong_parcel_once(staff, photographed):
    order = photographed()
    press = delete(staff, order)
    said = press()
    assert "The photo is deleted." in said
    assert "A photo was deleted" in said
    assert shown(order) == []
    assert "This photo is gone already." in press()
    assert Event.objects.filter(type="parcel.photo_deleted").count() == 1
    assert not TrailEntry.objects.filter(kind="orders.parcelphoto").exists()  # it would be kept for longer


def test_who_may_not_send_parcels_deletes_no_photo(client, photographed):
    order = photographed()
    client.force_login(member_of("Catalogue"))
    delete(client, order)()
    assert photo_of(order)
