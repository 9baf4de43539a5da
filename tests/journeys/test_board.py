"""The staff's board, as staff use it."""

import re

import pytest
from playwright.sync_api import expect

from orders.lifecycle import Actor, Status
from orders.transitions import transition
from shop.demo import content
from tests.support.factories import make_order

pytestmark = pytest.mark.once


@pytest.fixture
def board(demo, someone):
    def look(**options):
        page = someone(**options)
        page.goto(f"{demo}/admin/login/?next=/admin/board/")
        page.get_by_label("Email").fill("staff@example.com")
        page.get_by_label("Password").fill(content.PASSWORD)
        page.locator("main").get_by_role("button", name="Sign in").click()
        page.locator('[data-connection="live"]').wait_for()
        return page

    return look


def test_a_new_order_appears_moves_through_the_columns_and_is_said_aloud(board):
    page = board()
    order = make_order()
    placed, paid = page.locator('[data-column="placed"]'), page.locator('[data-column="paid"]')
    expect(placed.get_by_role("link", name=order.ref)).to_be_visible()
    expect(page.locator("[data-said]")).to_have_text(f"New order {order.ref}")
    transition(order.ref, Status.PAID, by=Actor.STAFF, actor="staff:1")
    expect(paid.get_by_role("link", name=order.ref)).to_be_visible()
    expect(placed.get_by_role("link", name=order.ref)).to_have_count(0)
    expect(page.locator('[data-figure="sockets"]')).not_to_have_text("0")
    paid.get_by_role("link", name=order.ref).click()
    expect(page).to_have_url(re.compile(f"/admin/orders/order/{order.pk}/change/"))


def test_while_paused_nothing_moves_and_going_on_shows_what_came(board):
    page = board()
    page.get_by_role("button", name="Pause").press("Enter")
    order = make_order()
    expect(page.locator("[data-said]")).to_have_text(f"New order {order.ref}")
    expect(page.locator(".board").get_by_role("link", name=order.ref)).to_have_count(0)
    page.get_by_role("button", name="Go on").press("Enter")
    expect(page.locator('[data-column="placed"]').get_by_role("link", name=order.ref)).to_be_visible()


def test_the_focus_stays_where_it_is_while_the_board_moves(board):
    order = make_order()
    page = board()
    link = page.locator('[data-column="placed"]').get_by_role("link", name=order.ref)
    link.focus()
    for _ in range(3):
        other = make_order()
        expect(page.locator('[data-cards="newest"]').get_by_role("link", name=other.ref)).to_be_visible()
    expect(link).to_be_focused()


def test_it_fits_a_phone_and_nothing_is_cut_off(board):
    for _ in range(8):
        make_order()
    page = board(viewport={"width": 390, "height": 844}, color_scheme="dark")
    assert page.evaluate("document.documentElement.scrollWidth") == 390
