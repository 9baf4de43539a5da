"""A carrier's scans are shown by the time at which they were made, not by the order in which they arrived."""

from datetime import timedelta

import pytest
from django.utils import timezone

from orders.lifecycle import Actor, Status
from orders.models import Parcel, Scan
from orders.shipping.scans import scan
from orders.transitions import IllegalTransition, transition
from tests.support.factories import make_order

pytestmark = [pytest.mark.slow, pytest.mark.django_db]


def ship(order, tracking):
    for status in (Status.PAID, Status.PREPARING):
        transition(order.ref, status, by=Actor.STAFF, actor="staff:1")
    return transition(order.ref, Status.SHIPPED, by=Actor.STAFF, actor="staff:1", tracking=tracking)


def test_scans_are_shown_in_the_order_of_their_own_times():
    order, now = ship(make_order(), "T1"), timezone.now() - timedelta(hours=1)
    for minutes, kind in ((30, Scan.Kind.OUT_FOR_DELIVERY), (10, Scan.Kind.IN_TRANSIT), (20, Scan.Kind.EXCEPTION)):
        scan(Parcel.objects.get(), kind, now + timedelta(minutes=minutes))
    order.refresh_from_db()
    assert [s.kind for s in order.state().parcels[0].scans] == [
        "pre_transit",
        "in_transit",
        "exception",
        "out_for_delivery",
    ]


def test_a_delivered_order_is_not_moved_back_by_any_scan():
    order, now = ship(make_order(), "T1"), timezone.now()
    scan(Parcel.objects.get(), Scan.Kind.DELIVERED, now)
    for minutes, kind in enumerate(Scan.Kind, start=1):
        scan(Parcel.objects.get(), kind, now + timedelta(minutes=minutes))
    order.refresh_from_db()
    assert order.status == Status.DELIVERED


def test_the_number_that_staff_typed_is_the_parcels_and_no_other_parcel_gets_it():
    ship(make_order(), " T1 ")
    assert Parcel.objects.get().tracking == "T1"
    with pytest.raises(IllegalTransition, match="T1"):
        ship(make_order(), "T1")
    assert Parcel.objects.count() == 1
