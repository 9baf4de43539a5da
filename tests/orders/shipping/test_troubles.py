"""What goes wrong with a parcel stands first on the order's page, and is mailed once, before the shopper asks."""

from datetime import timedelta

import pytest
from django.core import mail
from django.db.models import QuerySet
from django.utils import timezone

from orders import changes, troubles
from orders.lifecycle import Actor, Status
from orders.models import Order
from orders.models.parcel import ScanKind
from orders.presentation import present
from orders.shipping import parcels, scans
from orders.transitions import transition
from tests.orders.shipping.conftest import prepared

pytestmark = [pytest.mark.slow, pytest.mark.django_db]

START = timezone.now()


@pytest.fixture
def order(db):
    """An order in one parcel that was handed over."""
    order = prepared(3)
    parcels.send(order.ref, None, actor="staff:1")
    order.refresh_from_db()
    return order


def scan(order, kind, minutes=1):
    scans.scan(order.parcels.get(), kind, START + timedelta(minutes=minutes), place="Hamburg")
    order.refresh_from_db()


def shown(order, language="en"):
    return present(order.state(), language)


def told():
    return [letter.subject for letter in mail.outbox if "About the parcel" in letter.subject]


@pytest.mark.parametrize(
    ("kind", "headline"),
    [
        (ScanKind.EXCEPTION, "Held up"),
        (ScanKind.ATTEMPTED, "Nobody was there"),
        (ScanKind.RETURNED_TO_SENDER, "On its way back to us"),
        (ScanKind.AVAILABLE_FOR_PICKUP, "Ready to be picked up"),
    ],
)
def test_the_page_says_it_first_promises_no_day_and_a_mail_tells_of_it_once(order, process_all, kind, headline):
    scan(order, ScanKind.IN_TRANSIT, 1)
    assert (shown(order)["headline"], bool(shown(order)["promised"])) == ("Shipped", True)
    scan(order, kind, 2)
    d = shown(order)
    assert (d["headline"], d["promised"]) == (headline, "")
    assert d["sentence"] == str(troubles.TROUBLES[kind].sentence)
    assert shown(order, "zh-hans")["sentence"] != d["sentence"]
    process_all()
    assert told() == [f"About the parcel of your order {order.ref}"]
    assert str(troubles.TROUBLES[kind].sentence) in mail.outbox[-1].body
    assert "Expected" not in mail.outbox[-1].body
    scan(order, kind, 3)
    scan(order, ScanKind.PRE_TRANSIT, 0)  # comes late, and is no news
    process_all()
    assert len(told()) == 1
    scan(order, ScanKind.IN_TRANSIT, 4)
    scan(order, kind, 5)  # it begins again
    process_all()
    assert len(told()) == 2


def test_all_is_well_again_with_the_next_scan(order, process_all):
    scan(order, ScanKind.EXCEPTION, 1)
    scan(order, ScanKind.IN_TRANSIT, 2)
    assert shown(order)["headline"] == "Shipped"
    assert "Expected" in shown(order)["promised"]
    scan(order, ScanKind.DELIVERED, 3)
    assert shown(order)["headline"] == "Delivered"


def test_the_worst_of_several_parcels_is_said_and_each_is_mailed(process_all):
    order = prepared(1, 1)
    first, second = order.lines.order_by("pk")
    parcels.send(order.ref, {first.pk: 1}, actor="staff:1")
    parcels.send(order.ref, {second.pk: 1}, actor="staff:1")
    one, other = order.parcels.order_by("pk")
    scans.scan(other, ScanKind.EXCEPTION, START + timedelta(minutes=1))
    process_all()
    assert "held up" in mail.outbox[-1].body
    scans.scan(one, ScanKind.AVAILABLE_FOR_PICKUP, START + timedelta(minutes=2))
    process_all()
    assert "waits for you to pick it up" in mail.outbox[-1].body
    order.refresh_from_db()
    assert shown(order)["headline"] == "Held up"


def test_who_said_that_it_is_not_there_reads_that_we_are_sorry_and_is_written_to(order, process_all):
    scan(order, ScanKind.DELIVERED)
    assert shown(order)["headline"] == "Delivered"
    changes.report_missing(order.ref)
    order.refresh_from_db()
    d = shown(order)
    assert (d["headline"], d["status"]) == ("Not there", "delivered")
    assert "We hope you like it" not in str(d)
    process_all()
    assert mail.outbox[-1].subject == f"We look for your order {order.ref}"
    assert "We are sorry that your parcel is not there." in mail.outbox[-1].body
    changes.solve_missing(order.ref, "staff:1")
    order.refresh_from_db()
    assert shown(order)["headline"] == "Delivered"


def test_an_order_that_ended_has_no_trouble_any_more(order):
    scan(order, ScanKind.RETURNED_TO_SENDER)
    transition(order.ref, Status.REFUNDED, by=Actor.STAFF, actor="staff:1")
    order.refresh_from_db()
    assert shown(order)["headline"] == "Refunded"


def test_what_arrives_after_somebody_missed_it_has_arrived(order, process_all):
    QuerySet(Order).filter(pk=order.pk).update(promised_by=timezone.localdate() - timedelta(days=2))
    changes.report_missing(order.ref)
    order.refresh_from_db()
    assert shown(order)["headline"] == "Not there"
    transition(order.ref, Status.OUT_FOR_DELIVERY, by=Actor.STAFF, actor="staff:1")
    transition(order.ref, Status.DELIVERED, by=Actor.STAFF, actor="staff:1")
    order.refresh_from_db()
    assert shown(order)["headline"] == "Delivered"
    process_all()
    (letter,) = (each for each in mail.outbox if each.subject == f"Your order {order.ref} has arrived")
    assert "We are sorry" not in letter.body


def test_a_parcel_that_turns_round_after_the_end_is_no_news(order, process_all):
    scan(order, ScanKind.DELIVERED, 1)
    scan(order, ScanKind.RETURNED_TO_SENDER, 2)
    process_all()
    assert told() == []
