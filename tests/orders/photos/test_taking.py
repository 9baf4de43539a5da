"""Staff photograph a parcel: when it is packed, and at the door. The last photo counts, and holds its pixels alone."""

import io
import json

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection, transaction
from django.urls import reverse
from PIL import Image

from events.models import Event
from orders.lifecycle import Status
from orders.locking import locked_with
from orders.models import Order, Parcel, ParcelPhoto
from orders.photos import service
from orders.presentation import present
from orders.shipping import tours
from tests.orders.conftest import member_of
from tests.orders.photos.conftest import SECRET, photo_of, taken
from tests.orders.shipping.conftest import events_of, prepared
from tests.orders.shipping.test_tours import next_stop, parcel
from tests.support.together import at_once

pytestmark = [pytest.mark.slow, pytest.mark.django_db]


@pytest.fixture
def packer(client):
    client.force_login(member_of("Fulfilment"))
    return client


def ship(client, order, photo, number="JJD-1"):
    address = reverse("orders:pack_order", args=[order.ref])
    return client.post(address, {"tracking": number, "seen": order.parcels.count(), "photo": photo})


def shown(order):
    """What the live page of an order has of its photos."""
    state = Order.objects.get(pk=order.pk).state()
    return [photo for each in present(state, "en")["parcels"] for photo in each["photos"]]


def test_a_photo_goes_with_the_parcel_that_was_packed(packer):
    order = prepared(1)
    assert ship(packer, order, taken()).status_code == 302
    photo = photo_of(order)
    assert [(each["label"], each["address"]) for each in shown(order)] == [
        ("The packed parcel", f"/orders/{order.ref}/photos/{photo.pk}.webp")
    ]
    assert list(events_of(order).values_list("type", flat=True))[-2:] == ["order.shipped", "parcel.photo_taken"]


def test_no_photo_has_to_be_taken(packer):
    order = prepared(1)
    assert ship(packer, order, "").status_code == 302
    assert not ParcelPhoto.objects.exists()
    assert shown(order) == []


def test_what_is_kept_is_upright_small_and_has_nothing_but_pixels(packer):
    order = prepared(1)
    ship(packer, order, taken(size=(3000, 2000)))
    content = bytes(photo_of(order).picture)
    with Image.open(io.BytesIO(content)) as image:
        assert (image.format, image.size) == ("WEBP", (853, 1280))
        assert set(image.info) <= {"background", "loop", "timestamp", "duration"}
        assert not image.getexif()
    assert SECRET not in content
    assert b"EXIF" not in content


def test_the_event_has_no_picture_and_says_who_and_what(packer):
    order = prepared(1)
    ship(packer, order, taken())
    data = json.loads(Event.objects.get(type="parcel.photo_taken").body)["data"]
    assert (data["shows"], data["photo"]) == ("packed", photo_of(order).pk)
    assert data["actor"].startswith("staff:")
    assert [set(each) for each in data["order"]["parcels"][0]["photos"]] == [{"id", "kind", "at"}]


def huge():
    return SimpleUploadedFile("image.jpg", taken().read() + bytes(service.MOST_BYTES), content_type="image/jpeg")


BAD = {
    "text": lambda: SimpleUploadedFile("image.jpg", b"no picture", content_type="image/jpeg"),
    "empty": lambda: SimpleUploadedFile("image.jpg", b"", content_type="image/jpeg"),
    "cut off": lambda: SimpleUploadedFile("image.jpg", taken().read()[:700], content_type="image/jpeg"),
    "script": lambda: SimpleUploadedFile("x.svg", b'<svg xmlns="http://www.w3.org/2000/svg"/>'),
    "other format": lambda: taken(kind="GIF"),
    "huge": huge,
}


@pytest.mark.parametrize("name", BAD)
def test_a_bad_photo_sends_nothing_and_what_was_typed_stays(packer, name):
    order = prepared(1)
    answer = ship(packer, order, BAD[name](), "JJD-77")
    page = answer.content.decode()
    assert answer.status_code == 409
    assert "Take the photo again, or leave it out." in page
    assert 'value="JJD-77"' in page
    assert Order.objects.get(pk=order.pk).status == Status.PREPARING
    assert not Parcel.objects.filter(order=order).exists()


def test_a_refused_parcel_keeps_no_photo(packer):
    order, other = prepared(1), prepared(1)
    ship(packer, other, "", "JJD-1")
    assert ship(packer, order, taken(), "JJD-1").status_code == 409
    assert not ParcelPhoto.objects.exists()


def test_the_last_photo_counts_and_the_one_before_is_gone(photographed):
    order = photographed()
    before = photo_of(order)
    with transaction.atomic():
        locked, sent = locked_with(before.parcel_id)
        service.take(locked, sent, "packed", b"other", actor="staff:1")
    after = ParcelPhoto.objects.get()
    assert bytes(after.picture) == b"other"
    assert [each["address"] for each in shown(order)] == [f"/orders/{order.ref}/photos/{after.pk}.webp"]
    assert after.pk != before.pk  # no browser shows what it kept of the one before


@pytest.mark.django_db(transaction=True)
def test_two_photos_at_once_are_one_photo(photographed):
    order = photographed()
    pk = photo_of(order).parcel_id

    def take(picture):
        with transaction.atomic():
            service.take(*locked_with(pk), "packed", picture, actor="staff:1")

    at_once(lambda: take(b"one"), lambda: take(b"two"))
    photo = ParcelPhoto.objects.get()
    assert [each["id"] for each in Parcel.objects.get(pk=pk).photo_list] == [photo.pk]
    assert Event.objects.filter(type="parcel.photo_taken").count() == 3


def test_the_version_before_still_sends_parcels(photographed):
    """While an update goes from host to host, it writes rows without the new column."""
    order = photographed()
    columns = "order_id, sent_by, carrier, tracking, state, created"
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO orders_parcel ({columns}) SELECT order_id, sent_by, carrier, 'T-2', state, created "  # noqa: S608
            "FROM orders_parcel"
        )
    assert Parcel.objects.get(tracking="T-2").photo_list == []
    assert len(shown(order)) == 1


# -- At the door


@pytest.fixture
def rider(client):
    person = member_of("Rider")
    client.force_login(person)
    return person


def arrive(client, tour, outcome, photo):
    address = reverse("orders:arrive", args=[tour.pk, next_stop(tour), outcome])
    return client.post(address, {"photo": photo} if photo else {}, follow=True).content.decode()


@pytest.mark.parametrize("outcome", ["delivered", "attempted"])
def test_the_rider_photographs_the_parcel_at_the_door(client, rider, outcome):
    one = parcel()
    arrive(client, tours.start(rider, [one.pk]), outcome, taken())
    assert [each["label"] for each in shown(one.order)] == ["The parcel at the door"]


def test_a_bad_photo_at_the_door_leaves_the_stop_as_it_was(client, rider):
    one = parcel()
    tour = tours.start(rider, [one.pk])
    page = arrive(client, tour, "delivered", SimpleUploadedFile("image.jpg", b"no picture"))
    assert "Take the photo again, or leave it out." in page
    assert "Next stop" in page
    assert tours.left_of(tour).count() == 1
    assert not ParcelPhoto.objects.exists()


def test_a_second_press_takes_no_second_photo(rider):
    one = parcel()
    tour = tours.start(rider, [one.pk])
    stop = next_stop(tour)
    tours.arrive(tour.pk, stop, "delivered", b"first")
    tours.arrive(tour.pk, stop, "delivered", b"second")
    assert bytes(ParcelPhoto.objects.get().picture) == b"first"


def test_the_door_of_a_second_tour_takes_the_place_of_the_first(rider):
    one = parcel()
    for outcome, picture in (("attempted", b"first"), ("delivered", b"second")):
        tour = tours.start(rider, [one.pk])
        tours.arrive(tour.pk, next_stop(tour), outcome, picture)
        tours.end(tour.pk)
    assert bytes(ParcelPhoto.objects.get().picture) == b"second"
    assert len(shown(one.order)) == 1
