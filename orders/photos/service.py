"""Take a photo of a parcel, and delete it. Each is an event of the order, in the transaction of the change."""

from collections.abc import Iterable

from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from events.operations.periodic import delete_in_batches
from orders.domain_events import ParcelPhotoDeleted, ParcelPhotoTaken
from orders.lifecycle import IllegalTransition
from orders.locking import locked
from orders.models import Order, Parcel, ParcelPhoto
from orders.models.photo import KEPT
from shop.catalog import pictures

MOST_BYTES = 10_000_000
"""What a phone's camera writes; the proxies of `deploy/` let somewhat more through."""
LONGEST = 1280
"""Pixels of the longer side: a number at a door can be read."""


def read(upload: UploadedFile | None) -> bytes | None:
    """The picture of an uploaded photo, ready to be kept; None where nobody took one.

    It takes a moment: no lock is held meanwhile. Raises `IllegalTransition` in words for who took it.
    """
    if upload is None:
        return None
    try:
        pictures.check_photo(upload, MOST_BYTES)
        return pictures.bare(upload, LONGEST)
    except pictures.NoPicture as problem:
        raise IllegalTransition(
            _("%(problem)s Take the photo again, or leave it out.") % {"problem": problem.args[0]}
        ) from problem


def take(order: Order, parcel: Parcel, kind: str, picture: bytes, *, actor: str) -> None:
    """Keep a photo in place of an earlier one of its kind. The caller holds the order's lock."""
    parcel.photos.filter(kind=kind).delete()
    photo = ParcelPhoto.objects.create(parcel=parcel, kind=kind, picture=picture, taken_at=timezone.now())
    _list(parcel)
    order.record(ParcelPhotoTaken(**order.facts(actor), parcel=parcel.pk, photo=photo.pk, shows=kind))
    order.save(update_fields=["version"])


def delete(ref: str, pk: int, *, actor: str) -> bool:
    """Delete a photo of an order. False if there is none (any more)."""
    with transaction.atomic():
        order = locked(ref)
        photo = ParcelPhoto.objects.defer("picture").filter(parcel__order=order, pk=pk).select_related("parcel").first()
        if photo is None:
            return False
        _delete(order, photo, actor)
        return True


def delete_all_of(refs: Iterable[str]) -> None:
    """Delete every photo of these orders, whose owner has left."""
    for ref in sorted(refs):
        with transaction.atomic():
            order = locked(ref)
            found = ParcelPhoto.objects.defer("picture").filter(parcel__order=order)
            for photo in found.select_related("parcel").order_by("pk"):
                _delete(order, photo, "system")


def delete_old() -> int:
    """Delete what is older than `KEPT`. Pages know that age: they do not show it any more."""
    return delete_in_batches(ParcelPhoto.objects.filter(taken_at__lt=timezone.now() - KEPT))


def _delete(order: Order, photo: ParcelPhoto, actor: str) -> None:
    pk, parcel = photo.pk, photo.parcel
    photo.delete()
    _list(parcel)
    order.record(ParcelPhotoDeleted(**order.facts(actor), parcel=parcel.pk, photo=pk, shows=photo.kind))
    order.save(update_fields=["version"])


def _list(parcel: Parcel) -> None:
    rows = parcel.photos.order_by("taken_at", "pk").values_list("pk", "kind", "taken_at")
    parcel.photo_list = [{"id": pk, "kind": kind, "at": at.isoformat()} for pk, kind, at in rows]
    parcel.save(update_fields=["photo_list"])
