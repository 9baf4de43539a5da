"""An owner invites a colleague, who sets a password, works within the limit of the role, and is signed out again."""

import re

import pytest
from django.contrib.auth.models import Group
from playwright.sync_api import expect

from orders.lifecycle import Status
from orders.models import Order, RoleLimit
from shop.demo import content
from shop.demo.models import Letter
from tests.journeys.conftest import move
from tests.support.factories import make_order
from tests.support.servers import wait_until

pytestmark = pytest.mark.once


def test_a_colleague_is_invited_works_within_a_limit_and_is_signed_out(demo, someone):
    RoleLimit.objects.create(role=Group.objects.get(name="Support"), currency="EUR", at_once=10, in_all=10)
    order = make_order()
    move(order, Status.PAID)

    owner = someone()
    owner.goto(f"{demo}/admin/login/?next=/admin/staff/invitation/add/")
    owner.get_by_label("Email").fill("admin@example.com")
    owner.get_by_label("Password").fill(content.PASSWORD)
    owner.locator("main").get_by_role("button", name="Sign in").click()
    owner.get_by_label("Email").fill("nora@example.com")
    owner.get_by_label("Name").fill("Nora")
    owner.get_by_label("Role").select_option("Support")
    owner.get_by_role("button", name="Save", exact=True).click()
    expect(owner.get_by_role("rowheader", name="nora@example.com")).to_be_visible()

    mails = Letter.objects.filter(to="nora@example.com")
    wait_until(mails.exists, 60, "the mail with the invitation")
    nora = someone(viewport={"width": 390, "height": 844}, has_touch=True)
    nora.goto(re.search(r"https?://\S+/invitations/\S+", mails.get().text)[0])
    nora.get_by_label("Password", exact=True).fill("correct horse battery")
    nora.get_by_label("The same password again").fill("correct horse battery")
    nora.get_by_role("button", name="Accept").click()
    nora.wait_for_url(re.compile("/admin/$"))

    nora.goto(f"{demo}{order.staff_page}")
    nora.get_by_role("button", name="Cancel", exact=True).click()
    expect(nora.get_by_text("Your role may refund up to €10.00 for an order at once.")).to_be_visible()
    assert nora.evaluate("document.documentElement.scrollWidth") == 390
    assert Order.objects.get(pk=order.pk).status == Status.PAID

    owner.goto(f"{demo}/admin/sessions/")
    owner.get_by_role("button", name="End all of nora@example.com").click()
    expect(owner.get_by_text("All sessions of nora@example.com have ended.")).to_be_visible()
    nora.reload()
    expect(nora.get_by_label("Password")).to_be_visible()
