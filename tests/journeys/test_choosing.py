"""Choosing on a phone: a colour shows itself, what is sold out can be waited for, filters fold."""

import re

import pytest
from playwright.sync_api import expect

from shop.catalog import stock
from shop.catalog.models import Variant
from shop.wishes.models import StockAlert

pytestmark = pytest.mark.once
PHONE = {"width": 390, "height": 844}
SHIFTS = """window.shifted = 0; new PerformanceObserver((list) => {
  for (const entry of list.getEntries()) window.shifted += entry.value;
}).observe({type: "layout-shift", buffered: true});"""


def test_a_colour_is_chosen_looked_at_and_put_in_the_cart_on_a_phone(demo, someone):
    page = someone(viewport=PHONE, has_touch=True)
    page.add_init_script(SHIFTS)
    page.goto(f"{demo}/products/stoneware-mug/")
    expect(page.get_by_role("button", name="Add to cart")).to_be_in_viewport()
    page.get_by_role("radio", name=re.compile("Clay")).check()
    expect(page).to_have_url(re.compile("variant=MF-MUG-03"))
    page.evaluate("scrollTo(0, 0)")
    clay = page.get_by_role("img", name="Stoneware mug: Clay").first
    expect(clay).to_be_in_viewport(ratio=0.9)
    assert page.evaluate("window.shifted") == 0
    clay.click()
    expect(page.get_by_role("dialog")).to_be_visible()
    page.keyboard.press("Escape")
    page.reload()
    expect(page.get_by_role("radio", name=re.compile("Clay"))).to_be_checked()
    page.get_by_role("button", name="Add to cart").click()
    expect(page.get_by_text("Clay", exact=True)).to_be_visible()


def test_what_sells_out_is_waited_for_and_filters_fold(demo, someone):
    page = someone(viewport=PHONE, has_touch=True)
    stock.adjust(Variant.objects.get(sku="MF-MUG-03"), 0)
    page.goto(f"{demo}/products/?in_stock=1&category=table")
    expect(page.get_by_label("In stock")).to_be_hidden()
    page.get_by_role("button", name="Filters").click()
    page.get_by_role("checkbox", name=re.compile("Sage")).check()
    page.get_by_role("button", name="Apply").click()
    expect(page).to_have_url(re.compile("category=table.*in_stock=1.*option=Sage"))
    page.get_by_role("link", name=re.compile("Take off: In stock")).click()
    page.get_by_role("link", name="Stoneware mug").click()
    page.get_by_role("radio", name=re.compile("Clay")).check()
    page.get_by_role("link", name="Tell me when it is back").click()
    page.get_by_label("Email").fill("ann@example.com")
    page.get_by_role("button", name="Tell me").click()
    expect(page.get_by_text("We write to ann@example.com as soon as")).to_be_visible()
    assert StockAlert.objects.get().sku == "MF-MUG-03"
