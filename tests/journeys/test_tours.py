"""In two browsers: a rider with a phone brings parcels, and a shopper sees the rider come nearer."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from orders import access_links
from orders.access_links import Strength
from orders.lifecycle import Status
from orders.models import DeliveryMethod
from orders.shipping import parcels
from tests.journeys.conftest import move, sign_in
from tests.support.factories import make_order

pytestmark = pytest.mark.once
PHONE = {"viewport": {"width": 390, "height": 844}}


def sent_by_bicycle(address):
    order = make_order(address=address)
    move(order, Status.PAID, Status.PREPARING)
    parcels.send(order.ref, None, actor="staff:1", method=DeliveryMethod.objects.get(code="bicycle"))
    return order


def test_the_shopper_sees_the_rider_come_nearer(demo, someone):
    sent_by_bicycle("1 Near Street")
    far = sent_by_bicycle("9 Far Street")
    shopper, rider = someone(**PHONE), someone(**PHONE)
    shopper.goto(demo + access_links.path(far, Strength.ACT))
    parcel = shopper.get_by_role("region", name="Parcels")
    expect(shopper.locator("[data-connection]").first).to_have_text("live")

    sign_in(rider, demo, "staff@example.com")
    rider.goto(f"{demo}/admin/tour/")
    assert Axe().run(rider, context=".db-tour").response["violations"] == []
    rider.get_by_role("button", name="Start the tour").click()
    expect(rider.get_by_text("2 stops are left")).to_be_visible()
    expect(parcel).to_contain_text("1 stop comes before you.")
    assert Axe().run(rider, context=".db-tour").response["violations"] == []
    assert rider.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")

    rider.get_by_role("button", name="Delivered").click()
    expect(parcel).to_contain_text("You are the next stop.")
    rider.get_by_role("button", name="Delivered").click()
    expect(shopper.get_by_role("status").first).to_contain_text("Delivered")
    expect(parcel).not_to_contain_text("next stop")
    expect(rider.get_by_text("Every stop is done.")).to_be_visible()
