"""The tours of the shop's own riders, and their stops."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from events.emission import EmitsEvents, GuardedQuerySet
from events.log.stream_names import StreamName
from orders.models.parcel import Parcel


class Tour(EmitsEvents):
    """One ride: the parcels that a rider takes along, and the doors in their order.

    Whoever changes a tour holds its row's lock. An order's lock may be taken after it, never before.
    """

    guarded: ClassVar[frozenset[str]] = frozenset({"ended_at"})

    rider = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name=_("rider"), on_delete=models.PROTECT, related_name="tours"
    )
    started_at = models.DateTimeField(_("started"), default=timezone.now)
    ended_at = models.DateTimeField(_("ended"), null=True)

    objects = GuardedQuerySet.as_manager()

    class Meta(EmitsEvents.Meta):
        verbose_name = _("tour")
        verbose_name_plural = _("tours")
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(fields=["rider"], condition=Q(ended_at=None), name="one_open_tour_of_a_rider")
        ]
        permissions = [("ride_tour", _("Can bring parcels to their doors"))]

    def __str__(self) -> str:
        return f"{self.pk}"

    @property
    def stream(self) -> str:
        """`tour:<pk>`."""
        return str(StreamName("tour", str(self.pk)))


class Stop(models.Model):
    """A door at which one parcel of a tour is handed over. Without `done_at` it is still to come."""

    tour = models.ForeignKey(Tour, on_delete=models.CASCADE, related_name="stops")
    parcel = models.ForeignKey(Parcel, on_delete=models.CASCADE, related_name="stops")
    position = models.PositiveSmallIntegerField(_("position"))
    done_at = models.DateTimeField(_("when"), null=True)

    class Meta:
        verbose_name = _("stop")
        verbose_name_plural = _("stops")
        ordering = ["tour", "position", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["parcel"], condition=Q(done_at=None), name="parcel_on_one_tour_at_a_time")
        ]

    def __str__(self) -> str:
        return f"{self.tour_id}: {self.position}"
