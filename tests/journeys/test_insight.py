"""Insight, as the owner uses it."""

import csv
from datetime import timedelta
from pathlib import Path

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from orders.lifecycle import Actor, Status
from orders.models import Order
from orders.transitions import transition
from shop.demo import content
from shop.insight.models import DayFigure
from tests.support.factories import make_order
from tests.support.servers import wait_until

pytestmark = pytest.mark.once


@pytest.fixture
def insight(demo, someone):
    def look(**options):
        page = someone(**options)
        page.goto(f"{demo}/admin/login/?next=/admin/insight/")
        page.get_by_label("Email").fill("staff@example.com")
        page.get_by_label("Password").fill(content.PASSWORD)
        page.locator("main").get_by_role("button", name="Sign in").click()
        page.get_by_role("heading", name="Best sellers").wait_for()
        return page

    return look


def sold(days_ago: int) -> Order:
    """An order that workers count as they do in the shop."""
    order = make_order(placed_at=timezone.now() - timedelta(days=days_ago), cart_id=1)
    transition(order.ref, Status.PAID, by=Actor.STAFF, actor="staff:1")
    return order


def test_the_owner_sees_what_was_sold_chooses_other_days_and_takes_a_table_along(insight):
    for _ in range(2):
        sold(0)
    paid = DayFigure.objects.filter(kind="sale", count=2)
    wait_until(paid.exists, 20, "the workers to count the orders")
    page = insight()
    sales = page.locator(".insight-tiles > div").first
    expect(sales).to_contain_text("€49.80")
    expect(page.get_by_label("From")).to_be_hidden()
    page.get_by_label("Days").select_option("Own range")
    page.get_by_label("From").fill("2026-02-10")
    page.get_by_label("To", exact=True).fill("2026-02-01")
    page.get_by_role("button", name="Show").click()
    expect(page.get_by_role("alert")).to_have_text("The last day is before the first.")
    page.get_by_label("To", exact=True).fill("2026-02-12")
    page.get_by_role("button", name="Show").click()
    expect(page.get_by_role("alert")).to_have_count(0)
    expect(sales).to_contain_text("€0.00")
    page.get_by_label("Days").select_option("Today")
    page.get_by_role("button", name="Show").click()
    expect(sales).to_contain_text("€49.80")
    with page.expect_download() as coming:
        page.get_by_role("link", name="CSV Best sellers").click()
    rows = list(csv.DictReader(Path(coming.value.path()).read_text("utf-8-sig").splitlines()))
    assert [(row["SKU"], row["Pieces"], row["Sold for"]) for row in rows] == [("TP-1", "2", "40.00")]


def test_it_fits_a_phone_in_the_dark_with_its_table_open(insight):
    sold(1)
    page = insight(viewport={"width": 390, "height": 844}, color_scheme="dark")
    assert page.evaluate("document.documentElement.scrollWidth") == 390
    page.get_by_text("Show the table").click()
    expect(page.get_by_role("region", name="Over time").get_by_role("row").nth(1)).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") == 390
