"""A tracking number is typed, never invented; it can be corrected, and its link leads to the carrier."""

from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone

from orders.lifecycle import IllegalTransition, Status
from orders.models import DeliveryMethod, Order, Parcel, Scan, WaitingScan
from orders.models.delivery_method import tracking_link
from orders.models.parcel import ScanKind
from orders.shipping import carriers, parcels, scans
from orders.shipping.periodic_tasks import match_waiting
from tests.orders.shipping.conftest import events_of, prepared

pytestmark = pytest.mark.slow


def send(order, tracking=""):
    parcels.send(order.ref, None, actor="staff:1", tracking=tracking)
    return Parcel.objects.get(order=order)


def test_a_parcel_without_a_number_has_none(order):
    parcel = send(order)
    assert (parcel.tracking, carriers.link(parcel)) == ("", "")


def test_two_parcels_may_have_no_number(order):
    send(order)
    send(prepared(1))
    assert list(Parcel.objects.values_list("tracking", flat=True)) == ["", ""]


def test_spaces_in_a_number_are_left_out(order):
    assert send(order, " 00 3404\t3416 ").tracking == "0034043416"


@pytest.mark.parametrize("typed", ["x" * 61, "A\x07B"])
def test_what_cannot_be_a_number_is_refused(order, typed):
    with pytest.raises(IllegalTransition, match="no tracking number"):
        send(order, typed)
    assert not Parcel.objects.exists()


def test_one_number_is_one_parcels_of_that_carrier(order):
    send(order, "A1")
    with pytest.raises(IllegalTransition, match="another parcel"):
        send(prepared(1), "A1")


def test_a_corrected_number_is_shown_live(order):
    parcel = send(order, "WRONG")
    parcels.correct(parcel.pk, "RIGHT", actor="staff:1")
    event = events_of(order).last()
    assert event.type == "parcel.tracking_corrected"
    assert Order.objects.get().state().parcels[0].tracking == "RIGHT"


def test_the_same_number_again_is_no_event(order):
    parcel = send(order, "A1")
    before = events_of(order).count()
    parcels.correct(parcel.pk, "A1", actor="staff:1")
    assert events_of(order).count() == before


def test_the_link_is_the_methods_with_the_number_as_one_part_of_it(order):
    order.delivery_method.tracking_link = "https://wren.example/track/{number}"
    order.delivery_method.save()
    assert carriers.link(send(order, "A/1?x")) == "https://wren.example/track/A%2F1%3Fx"


@pytest.mark.parametrize("address", ["javascript:alert({number})", "https://wren.example/track/", "{number}"])
def test_an_address_that_is_none_is_refused(address):
    with pytest.raises(ValidationError):
        tracking_link(address)


def test_scans_that_came_before_the_number_was_typed_are_booked_then(order):
    DeliveryMethod.objects.update(sent_by="courier")
    at = timezone.now() - timedelta(hours=2)
    assert scans.hear("courier", "C1", ScanKind.IN_TRANSIT, at, place="Hub") == scans.UNKNOWN
    assert scans.hear("courier", "C1", ScanKind.DELIVERED, at + timedelta(hours=1)) == scans.UNKNOWN
    order.refresh_from_db()
    send(order, "C1")
    assert Order.objects.get(pk=order.pk).status == Status.DELIVERED
    assert set(Scan.objects.values_list("kind", flat=True)) == {"pre_transit", "in_transit", "delivered"}
    assert not WaitingScan.objects.exists()


def test_scans_that_crossed_the_number_are_booked_by_the_clock(order):
    """The scan was written while the number was being saved: neither saw the other."""
    DeliveryMethod.objects.update(sent_by="courier")
    order.refresh_from_db()
    send(order, "C1")
    WaitingScan.objects.create(sent_by="courier", tracking="C1", kind="delivered", said_at=timezone.now())
    match_waiting()
    assert Order.objects.get(pk=order.pk).status == Status.DELIVERED


def test_scans_of_nobodys_parcel_are_deleted_after_their_time(db):
    old = timezone.now() - timedelta(days=61)
    WaitingScan.objects.create(sent_by="courier", tracking="X", kind="delivered", said_at=old, received_at=old)
    WaitingScan.objects.create(sent_by="courier", tracking="Y", kind="delivered", said_at=old)
    match_waiting()
    assert [each.tracking for each in WaitingScan.objects.all()] == ["Y"]
