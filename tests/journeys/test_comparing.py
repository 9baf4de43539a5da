"""Somebody with a phone and no script compares two products, and the table moves inside its own box."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

pytestmark = pytest.mark.once


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "none"])
def test_three_products_are_chosen_from_a_list_compared_and_one_is_bought(demo, someone, scripts):
    shopper = someone(viewport={"width": 390, "height": 844}, java_script_enabled=scripts)
    shopper.goto(f"{demo}/products/")
    for title in ("Stoneware mug", "Wool throw", "Watering can"):
        shopper.get_by_role("button", name=f"Compare {title}").click()
        expect(shopper.get_by_role("button", name=f"Compare {title}", pressed=True)).to_be_in_viewport()
    shopper.get_by_role("link", name="Compare 3 products").click()
    expect(shopper.get_by_role("columnheader", name="Watering can")).to_be_visible()
    price = shopper.get_by_role("rowheader", name="Price differs")
    box = shopper.get_by_role("region", name="Compare")
    box.focus()
    before = price.bounding_box()["x"]
    for _ in range(8):
        shopper.keyboard.press("ArrowRight")
    expect(shopper.get_by_role("columnheader", name="Watering can")).to_be_in_viewport()
    assert price.bounding_box()["x"] == before
    if scripts:
        assert shopper.evaluate("document.querySelector('.compare').scrollLeft") > 0
        assert shopper.evaluate("document.documentElement.scrollWidth") == 390
        found = Axe().run(shopper, context={"include": [["main"]]}).response["violations"]
        assert [(each["id"], [node["html"][:160] for node in each["nodes"]]) for each in found] == []
    shopper.get_by_role("button", name="Take Wool throw off the table").click()
    expect(shopper.get_by_role("columnheader")).to_have_count(2)
    shopper.get_by_role("button", name="Add Watering can to the cart").click()
    expect(shopper.locator("#cart-count")).to_have_text("1")
