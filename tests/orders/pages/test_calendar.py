"""An order in a calendar: the expected days, and how they move. And its code for a phone."""

from datetime import date, timedelta
from unittest import mock

import pytest
from django.core import signing
from django.utils import timezone
from icalendar import Calendar

from orders import access_links
from orders.access_links import Strength
from orders.lifecycle import Actor, Status
from orders.models import Order
from orders.transitions import transition
from tests.support.factories import make_order

pytestmark = pytest.mark.django_db


def address(order):
    return f"/track/{access_links.token(order, Strength.LOOK)}/order.ics"


def entry(client, order):
    answer = client.get(address(order))
    assert answer["Content-Type"].startswith("text/calendar")
    (found,) = Calendar.from_ical(answer.content).walk("VEVENT")
    return found


def test_the_expected_days_are_one_event_of_whole_days(client):
    order = make_order(promised_from=date(2026, 12, 1), promised_by=date(2026, 12, 3))
    found = entry(client, order)
    assert found.decoded("dtstart") == date(2026, 12, 1)
    assert found.decoded("dtend") == date(2026, 12, 4)  # the day after the last
    assert order.ref in found["summary"]
    assert found["status"] == "CONFIRMED"


def test_it_moves_when_the_promise_moves(client):
    order = make_order(promised_from=date(2026, 12, 1), promised_by=date(2026, 12, 3))
    before = entry(client, order)
    order.promised_from, order.promised_by = date(2026, 12, 5), date(2026, 12, 7)
    order.save(update_fields=["promised_from", "promised_by"])
    transition(order.ref, Status.PAID, by=Actor.STAFF, actor="staff:1")
    after = entry(client, order)
    assert after["uid"] == before["uid"]
    assert after["sequence"] > before["sequence"]
    assert after.decoded("dtstamp") >= before.decoded("dtstamp")
    assert after.decoded("dtstart") == date(2026, 12, 5)


def test_a_cancelled_order_is_cancelled_there_too(client):
    order = make_order()
    transition(order.ref, Status.CANCELLED, by=Actor.SHOPPER, actor="shopper")
    assert entry(client, order)["status"] == "CANCELLED"


def test_one_that_is_out_for_delivery_is_expected_on_that_day(client):
    order = make_order(promised_from=date(2099, 12, 1), promised_by=date(2099, 12, 3))
    for status in (Status.PAID, Status.PREPARING, Status.SHIPPED, Status.OUT_FOR_DELIVERY):
        transition(order.ref, status, by=Actor.STAFF, actor="staff:1")
    found = entry(client, order)
    today = timezone.localdate()
    assert (found.decoded("dtstart"), found.decoded("dtend")) == (today, today + timedelta(days=1))
    with mock.patch("orders.pages.calendar.timezone.localdate", lambda at=None: today + timedelta(days=at is None)):
        assert entry(client, order).decoded("dtstart") == date(2099, 12, 1)  # nobody was there on that day


def test_one_that_has_arrived_stays_on_its_day(client):
    order = make_order()
    for target in (Status.PAID, Status.PREPARING, Status.SHIPPED, Status.DELIVERED):
        transition(order.ref, target, by=Actor.STAFF, actor="staff:1")
    order.refresh_from_db()
    arrived = order.return_until - timedelta(days=14)
    assert entry(client, order).decoded("dtstart") == arrived


def test_lines_are_folded_and_text_is_escaped_as_the_standard_wants(client):
    order = make_order(language="zh-hans")
    raw = client.get(address(order)).content
    assert raw.endswith(b"\r\n")
    assert b"\n" not in raw.replace(b"\r\n", b"")
    assert max(map(len, raw.split(b"\r\n"))) <= 75
    assert "订单" in Calendar.from_ical(raw)["x-wr-calname"]


def test_nothing_private_stands_in_it(client):
    order = make_order()
    content = client.get(address(order)).content.decode()
    assert not any(word in content for word in ("Hauptstr", "Ann", "24.90", "example.com/track"))


@pytest.mark.parametrize("token", [lambda: "nonsense", lambda: signing.dumps(["x"], salt="order-link")])
def test_a_wrong_link_shows_nothing(client, token):
    assert client.get(f"/track/{token()}/order.ics").status_code == 404


def test_a_link_that_was_ended_shows_nothing(client):
    order = make_order()
    old = address(order)
    order.end_links()
    order.save(update_fields=["link_version"])
    assert client.get(old).status_code == 404
    assert client.get(address(Order.objects.get())).status_code == 200


def test_the_page_offers_it_and_the_code_only_to_who_may_act(client):
    order = make_order()
    client.get(access_links.path(order, Strength.LOOK))
    assert "webcal://" not in client.get(f"/orders/{order.ref}/").content.decode()
    assert client.get(f"/orders/{order.ref}/code.svg").status_code == 404
    client.get(access_links.path(order))
    assert "webcal://testserver/track/" in client.get(f"/orders/{order.ref}/").content.decode()
    code = client.get(f"/orders/{order.ref}/code.svg")
    assert code["Content-Type"] == "image/svg+xml"
    assert code.content.startswith(b"<svg")
