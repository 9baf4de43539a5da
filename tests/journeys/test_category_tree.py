"""Categories are put under others with the mouse and by the keyboard, and the shop shows it."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from tests.journeys.conftest import sign_in

pytestmark = pytest.mark.once


def test_a_category_is_dragged_under_another_and_goes_back_by_keys(demo, someone):
    owner, shopper = someone(), someone()
    sign_in(owner, demo, "admin@example.com")
    owner.goto(f"{demo}/admin/catalog/category/")
    handle = owner.get_by_role("button", name="Move “Table”")
    garden = owner.locator("tr", has=owner.get_by_role("link", name="Garden", exact=True)).bounding_box()
    assert garden
    handle.hover()
    owner.mouse.down()
    owner.mouse.move(garden["x"] + 90, garden["y"] + garden["height"] / 2, steps=5)
    owner.mouse.up()
    expect(owner.get_by_text("“Table” was moved. It is here now: Garden › Table, 3 of 3.")).to_be_visible()
    expect(handle).to_be_focused()

    def in_the_shop():
        shopper.goto(f"{demo}/products/")
        return shopper.get_by_role("navigation", name="Categories").locator("> ul > li")

    expect(in_the_shop().filter(has_text="Garden").get_by_role("link", name="Table")).to_be_visible()
    found = Axe().run(owner, context="#changelist").response["violations"]
    own = [node["html"] for each in found for node in each["nodes"] if "db-" in node["html"]]
    assert own == []
    owner.keyboard.press("ArrowLeft")
    expect(owner.get_by_text("“Table” was moved. It is here now: Table,")).to_be_visible()
    expect(handle).to_be_focused()
    expect(in_the_shop().filter(has_text="Garden").get_by_role("link", name="Table")).to_have_count(0)
