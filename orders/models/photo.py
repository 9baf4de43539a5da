"""Photos of parcels: what was packed, and where it was left."""

from datetime import datetime, timedelta

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from orders.models.parcel import Parcel

KEPT = timedelta(days=90)
"""How long a photo is kept: longer than anybody asks where a parcel is."""


class PhotoKind(models.TextChoices):
    """What a photo shows."""

    PACKED = "packed", _("The packed parcel")
    DOOR = "door", _("The parcel at the door")


class ParcelPhoto(models.Model):
    """A photo that staff took of a parcel, as WebP without anything beside its pixels.

    In the database, so that it has no public address, goes with its row, and no host is without it. Another photo of
    the same kind is another row: what a browser keeps of the old one is never shown in its place.
    """

    Kind = PhotoKind

    parcel = models.ForeignKey(Parcel, on_delete=models.CASCADE, related_name="photos")
    kind = models.CharField(_("kind"), max_length=6, choices=PhotoKind.choices)
    taken_at = models.DateTimeField(_("when"), default=timezone.now, db_index=True)
    picture = models.BinaryField()

    class Meta:
        verbose_name = _("photo of a parcel")
        verbose_name_plural = _("photos of parcels")
        constraints = [
            models.UniqueConstraint(fields=["parcel", "kind"], name="one_photo_of_a_kind"),
            models.CheckConstraint(condition=Q(kind__in=PhotoKind.values), name="photo_of_a_known_kind"),
        ]

    def __str__(self) -> str:
        return f"{self.parcel_id}: {self.kind}"


def is_kept(at: datetime) -> bool:
    """Whether a photo that was taken then is still there."""
    return timezone.now() - at < KEPT
