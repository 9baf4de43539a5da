"""The parcels of an order, what is in them, and their scans."""

from datetime import datetime
from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from orders.models.delivery_method import DeliveryMethod
from orders.models.order import Order, OrderLine


class ScanKind(models.TextChoices):
    """What a carrier can say of a parcel."""

    PRE_TRANSIT = "pre_transit", _("announced to the carrier")
    IN_TRANSIT = "in_transit", _("in transit")
    OUT_FOR_DELIVERY = "out_for_delivery", _("with the courier")
    ATTEMPTED = "attempted", _("delivery attempted")
    AVAILABLE_FOR_PICKUP = "available_for_pickup", _("waiting to be picked up")
    DELIVERED = "delivered", _("delivered")
    RETURNED_TO_SENDER = "returned_to_sender", _("on the way back to us")
    EXCEPTION = "exception", _("held up")


class Parcel(models.Model):
    """What was handed to a carrier. `state` is what its newest scan says (`orders.shipping.scans`)."""

    TROUBLED: ClassVar[frozenset[str]] = frozenset({ScanKind.RETURNED_TO_SENDER.value, ScanKind.EXCEPTION.value})
    """The states in which staff have to do something."""

    order = models.ForeignKey(Order, on_delete=models.CASCADE, related_name="parcels")
    method = models.ForeignKey(
        DeliveryMethod, verbose_name=_("delivery method"), null=True, on_delete=models.PROTECT, related_name="+"
    )
    sent_by = models.CharField(
        _("scans come by"), max_length=40, default="manual", help_text=_("The name of a carrier package.")
    )
    carrier = models.CharField(_("carrier"), max_length=60)
    tracking = models.CharField(
        _("tracking number"), max_length=60, blank=True, help_text=_("As the carrier gave it; empty without one.")
    )
    state = models.CharField(_("state"), max_length=24, choices=ScanKind.choices, default=ScanKind.PRE_TRANSIT)
    created = models.DateTimeField(_("handed over"), default=timezone.now)
    stops_before = models.PositiveSmallIntegerField(
        null=True, editable=False, help_text=_("With one of our riders: how many stops come before this one.")
    )
    stops_at = models.DateTimeField(null=True, editable=False, help_text=_("When that was so."))
    # What `orders.photos` books, so that an event needs no query for it. Until every host has this version, another one
    # writes parcels without it.
    photo_list = models.JSONField(
        _("photos"), default=list, db_default=[], editable=False, help_text=_("Number, kind and time of each.")
    )

    class Meta:
        verbose_name = _("parcel")
        verbose_name_plural = _("parcels")
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["sent_by", "tracking"], condition=~Q(tracking=""), name="one_parcel_per_number"
            )
        ]
        indexes = [
            models.Index(
                fields=["state"], condition=Q(state__in=["returned_to_sender", "exception"]), name="parcel_in_trouble"
            ),
            models.Index(fields=["tracking"], name="parcel_by_number"),
        ]

    def __str__(self) -> str:
        return f"{self.carrier} {self.tracking}".strip()


class ParcelLine(models.Model):
    """How many of an order's line are in a parcel."""

    parcel = models.ForeignKey(Parcel, on_delete=models.CASCADE, related_name="items")
    line = models.ForeignKey(OrderLine, on_delete=models.CASCADE, related_name="parcel_items")
    quantity = models.PositiveIntegerField(_("quantity"))

    class Meta:
        verbose_name = _("parcel line")
        verbose_name_plural = _("parcel lines")
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["parcel", "line"], name="line_once_in_a_parcel"),
            models.CheckConstraint(condition=Q(quantity__gt=0), name="something_in_a_parcel"),
        ]

    def __str__(self) -> str:
        return f"{self.quantity} × {self.line_id}"


class Scan(models.Model):
    """What a carrier said of a parcel, however late or out of order it came.

    `said_at` is the carrier's own time, `at` the time that counts: a time that has not come yet counts as the moment in
    which the shop heard of it.
    """

    Kind = ScanKind

    parcel = models.ForeignKey(Parcel, on_delete=models.CASCADE, related_name="scans")
    kind = models.CharField(_("kind"), max_length=24, choices=ScanKind.choices)
    at = models.DateTimeField(_("when"))
    said_at = models.DateTimeField(_("when, as the carrier says"), null=True)
    place = models.CharField(_("where"), max_length=120, blank=True)
    received_at = models.DateTimeField(_("heard of"), default=timezone.now)

    class Meta:
        verbose_name = _("scan")
        verbose_name_plural = _("scans")
        ordering = ["at", "pk"]
        constraints = [models.UniqueConstraint(fields=["parcel", "kind", "said_at"], name="scan_said_once")]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.at:%Y-%m-%d %H:%M}"

    @property
    def in_time(self) -> tuple[bool, datetime, int]:
        """Its place among the scans of its parcel: by the time that counts.

        That it was announced comes before everything else, whenever staff said so: a courier may have fetched it hours
        before.
        """
        return self.kind != ScanKind.PRE_TRANSIT, self.at, self.pk


class WaitingScan(models.Model):
    """A scan of a number that no parcel has yet. It is booked when somebody types the number."""

    sent_by = models.CharField(_("scans come by"), max_length=40)
    tracking = models.CharField(_("tracking number"), max_length=60)
    kind = models.CharField(_("kind"), max_length=24, choices=ScanKind.choices)
    said_at = models.DateTimeField(_("when, as the carrier says"))
    place = models.CharField(_("where"), max_length=120, blank=True)
    received_at = models.DateTimeField(_("heard of"), default=timezone.now, db_index=True)

    class Meta:
        verbose_name = _("scan without a parcel")
        verbose_name_plural = _("scans without a parcel")
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["sent_by", "tracking", "kind", "said_at"], name="waiting_scan_once")
        ]

    def __str__(self) -> str:
        return f"{self.sent_by} {self.tracking}: {self.kind}"
