"""The parcels of an order, and their scans."""

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from orders.models.order import Order


class Parcel(models.Model):
    """What was handed to a carrier."""

    order = models.ForeignKey(Order, on_delete=models.CASCADE, related_name="parcels")
    carrier = models.CharField(_("carrier"), max_length=60)
    tracking = models.CharField(_("tracking number"), max_length=60, unique=True)
    created = models.DateTimeField(_("handed over"), default=timezone.now)

    class Meta:
        verbose_name = _("parcel")
        verbose_name_plural = _("parcels")

    def __str__(self) -> str:
        return f"{self.carrier} {self.tracking}"


class Scan(models.Model):
    """What a carrier said of a parcel. Kept with its own time, however late or out of order it came."""

    class Kind(models.TextChoices):
        PRE_TRANSIT = "pre_transit", _("announced to the carrier")
        IN_TRANSIT = "in_transit", _("in transit")
        OUT_FOR_DELIVERY = "out_for_delivery", _("with the courier")
        ATTEMPTED = "attempted", _("delivery attempted")
        AVAILABLE_FOR_PICKUP = "available_for_pickup", _("waiting to be picked up")
        DELIVERED = "delivered", _("delivered")
        RETURNED_TO_SENDER = "returned_to_sender", _("on the way back to us")
        EXCEPTION = "exception", _("held up")

    parcel = models.ForeignKey(Parcel, on_delete=models.CASCADE, related_name="scans")
    kind = models.CharField(_("kind"), max_length=24, choices=Kind.choices)
    at = models.DateTimeField(_("when"))
    place = models.CharField(_("where"), max_length=120, blank=True)
    received_at = models.DateTimeField(_("heard of"), default=timezone.now)

    class Meta:
        verbose_name = _("scan")
        verbose_name_plural = _("scans")
        ordering = ["at", "pk"]
        constraints = [models.UniqueConstraint(fields=["parcel", "kind", "at"], name="scan_once")]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.at:%Y-%m-%d %H:%M}"
