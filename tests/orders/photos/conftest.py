"""Photos as a phone writes them, and parcels that have one."""

import io

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image

from orders.models import Order, ParcelPhoto
from orders.photos import service
from orders.shipping import parcels
from tests.orders.shipping.conftest import prepared

SECRET = b"Hauptstrasse 1"


def taken(size=(600, 400), colour="red", kind="JPEG", name="image.jpg"):
    """A photo with a place, a time and a way to hold the phone in it."""
    exif = Image.Exif()
    exif[0x0112] = 6  # the phone was held upright
    exif[0x010E] = SECRET.decode()
    exif.get_ifd(0x8825)[2] = (52.0, 31.0, 0.0)
    file = io.BytesIO()
    Image.new("RGB", size, colour).save(file, kind, exif=exif, comment=SECRET)
    return SimpleUploadedFile(name, file.getvalue(), content_type="image/jpeg")


def photo_of(order, kind="packed"):
    return ParcelPhoto.objects.filter(parcel__order=order, kind=kind).first()


@pytest.fixture
def photographed(db):
    """An order that was sent, with a photo of what was packed."""

    def made(**owner):
        order = prepared(1)
        Order.objects.filter(pk=order.pk).update(**owner)
        parcels.send(order.ref, None, actor="staff:1", photo=service.read(taken()))
        return Order.objects.get(pk=order.pk)

    return made
