"""Tours of the shop's own riders: what is taken along, what became of it at each door, how far each parcel is.

A change of a tour is an event of the tour. The handler `tours.tell` books what it means for each order, and tells its
shopper how many stops come before theirs.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Exists, OuterRef, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from orders.domain_events import ParcelOnTour, TourChanged, TourEnded, TourStarted
from orders.lifecycle import IllegalTransition, Status
from orders.locking import locked_with
from orders.models import Parcel, ParcelPhoto, Scan, Stop, Tour
from orders.photos import service as photos
from orders.shipping import scans
from orders.shipping.carriers.rider.carrier import OwnRider

MOST = 60
"""Stops of a tour."""
AT_THE_DOOR = {Scan.Kind.DELIVERED, Scan.Kind.ATTEMPTED}
"""What a rider can say at a door."""
ON_THE_WAY = (Status.PARTLY_SHIPPED, Status.SHIPPED, Status.OUT_FOR_DELIVERY)
IN_THE_SHOP = (Scan.Kind.PRE_TRANSIT, Scan.Kind.IN_TRANSIT, Scan.Kind.OUT_FOR_DELIVERY, Scan.Kind.ATTEMPTED)


def waiting() -> QuerySet[Parcel]:
    """The parcels that no tour has yet, street by street."""
    return (
        Parcel.objects.filter(sent_by=OwnRider.name, state__in=IN_THE_SHOP, order__status__in=ON_THE_WAY)
        .filter(~Exists(Stop.objects.filter(parcel=OuterRef("pk"), done_at=None)))
        .select_related("order")
        .order_by("order__postal_code", "order__address", "pk")
    )


def of(rider: Any) -> Tour | None:
    """The tour that somebody is on."""
    return Tour.objects.filter(rider=rider, ended_at=None).first()


def left_of(tour: Tour) -> QuerySet[Stop]:
    """The stops that are still to come, in their order."""
    return tour.stops.filter(done_at=None).select_related("parcel__order").order_by("position", "pk")


def start(rider: Any, chosen: Sequence[int]) -> Tour:
    """Take these parcels along (by primary key), in this order.

    Raises `IllegalTransition` where none is chosen or too many, for a parcel that does not wait any more, and for a
    rider who is on a tour already; nothing is written then.
    """
    if not 0 < len(chosen) <= MOST or len(set(chosen)) != len(chosen):
        raise IllegalTransition(_("Choose between one parcel and %(most)s.") % {"most": MOST})
    try:
        with transaction.atomic():
            if waiting().filter(pk__in=chosen).count() != len(chosen):
                raise IllegalTransition(_("Another rider has taken one of these parcels, or it has arrived."))
            tour = Tour(rider=rider)
            tour.save()
            Stop.objects.bulk_create(Stop(tour=tour, parcel_id=pk, position=n) for n, pk in enumerate(chosen, start=1))
            tour.record(TourStarted(tour=tour.pk, rider=rider.pk, parcels=tuple(chosen)))
            tour.save()
            return tour
    except IntegrityError as clash:  # somebody was faster, perhaps the same person in another tab
        raise IllegalTransition(_("Another rider has taken one of these parcels, or it has arrived.")) from clash


def arrive(tour: int, stop: int, outcome: str, photo: bytes | None = None) -> None:
    """Say what became of a parcel at its door: one of `AT_THE_DOOR`. A second press says nothing new.

    `photo` shows where it was left (`orders.photos.service.read`).

    Raises `IllegalTransition` for a stop that is not to come any more with another outcome, or of an ended tour.
    """
    if outcome not in AT_THE_DOOR:
        raise IllegalTransition(_("Say whether it was delivered."))
    with transaction.atomic():
        mine = _open(tour)
        at = timezone.now()
        found = left_of(mine).filter(pk=stop).first()
        if found is None:
            return
        found.done_at = at
        found.save(update_fields=["done_at"])
        actor = f"staff:{mine.rider_id}"
        if photo is not None:
            photos.take(*locked_with(found.parcel_id), ParcelPhoto.Kind.DOOR, photo, actor=actor)
        scans.scan(found.parcel, outcome, at, actor=actor)
        _changed(mine)


def later(tour: int, stop: int) -> None:
    """Leave a stop for the end of the tour. Raises `IllegalTransition` once the tour has ended."""
    with transaction.atomic():
        mine = _open(tour)
        stops = list(left_of(mine))
        found = next((each for each in stops if each.pk == stop), None)
        if found is None or found is stops[-1]:
            return
        found.position = stops[-1].position + 1
        found.save(update_fields=["position"])
        _changed(mine)


def end(tour: int) -> None:
    """Ride home. What was not delivered waits for another tour. A second press changes nothing."""
    with transaction.atomic():
        mine = Tour.objects.select_for_update().get(pk=tour)
        if mine.ended_at is not None:
            return
        left = tuple(left_of(mine).values_list("parcel", flat=True))
        mine.stops.filter(done_at=None).delete()
        mine.ended_at = timezone.now()
        mine.record(TourEnded(tour=mine.pk, rider=mine.rider_id, parcels=left))
        mine.save(update_fields=["ended_at"])


def _open(tour: int) -> Tour:
    found: Tour = Tour.objects.select_for_update().get(pk=tour)
    if found.ended_at is not None:
        raise IllegalTransition(_("This tour has ended."))
    return found


def _changed(tour: Tour) -> None:
    tour.record(
        TourChanged(tour=tour.pk, rider=tour.rider_id, parcels=tuple(left_of(tour).values_list("parcel", flat=True)))
    )
    tour.save(update_fields=["version"])


def take_along(parcels: Sequence[int], rider: int, at: datetime) -> None:
    """Book that the rider has these parcels now. (A parcel whose order is gone is left out.)"""
    for pk in _in_order(parcels):
        scans.scan(pk, Scan.Kind.OUT_FOR_DELIVERY, at, actor=f"staff:{rider}")


def tell(left: Sequence[int], at: datetime) -> None:
    """Tell each shopper how many stops come before theirs: `left` are the parcels in the order of the doors."""
    before = {pk: n for n, pk in enumerate(left)}
    for pk in _in_order(left):
        _tell(pk, before[pk], at)


def forget(parcels: Sequence[int]) -> None:
    """The rider rides home with these parcels: no stop comes before theirs."""
    for pk in _in_order(parcels):
        _tell(pk, None, None)


def _in_order(parcels: Sequence[int]) -> list[int]:
    """Those that are still there, always in the same order, so that two tours never wait for each other's locks."""
    return list(Parcel.objects.filter(pk__in=parcels).order_by("order", "pk").values_list("pk", flat=True))


def _tell(pk: int, before: int | None, at: datetime | None) -> None:
    with transaction.atomic():
        order, parcel = locked_with(pk)
        if (parcel.stops_before, parcel.stops_at) == (before, at):
            return
        parcel.stops_before, parcel.stops_at = before, at
        parcel.save(update_fields=["stops_before", "stops_at"])
        order.record(ParcelOnTour(**order.facts("system"), previous=order.status, parcel=parcel.pk))
        order.save(update_fields=["version"])
