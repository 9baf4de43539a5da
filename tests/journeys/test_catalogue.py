"""The day of who keeps the catalogue: forty prices by the keyboard, and a price list that is taken back."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from djmoney.money import Money
from playwright.sync_api import expect

from shop.catalog.models import Price, Variant
from tests.journeys.conftest import sign_in
from tests.support.factories import price_of

pytestmark = pytest.mark.once


@pytest.fixture
def owner(demo, someone):
    page = someone()
    sign_in(page, demo, "admin@example.com")
    return page


def test_forty_prices_are_forty_times_enter_and_one_press(demo, owner):
    owner.goto(f"{demo}/admin/catalog/product/")
    owner.get_by_role("link", name="Spreadsheet").click()
    owner.wait_for_url("**/grid/**")
    owner.wait_for_load_state()  # the script of the table is there
    fields = owner.locator("input.amount")
    fields.first.focus()
    names = [fields.nth(n).get_attribute("name") for n in range(40)]
    for _ in range(40):
        owner.keyboard.press("ControlOrMeta+a")
        owner.keyboard.type("7.77")
        owner.keyboard.press("Enter")
    expect(owner.get_by_role("button", name="Save 40")).to_be_visible()
    violations = Axe().run(owner, context=".db-grid").response["violations"]
    assert [violation["id"] for violation in violations] == []
    owner.get_by_role("button", name="Save 40").click()
    expect(owner.get_by_text("40 values are saved.")).to_be_visible()
    changed = Price.objects.filter(amount=Money("7.77", "EUR")).values_list("variant", flat=True)
    assert {f"price_eur-{key}" for key in changed} == set(names)


def test_a_price_list_is_checked_applied_and_taken_back(demo, owner):
    variant = Variant.objects.get(sku="MF-PAN-01")
    before = price_of(variant)
    owner.goto(f"{demo}/admin/catalog/listimport/")
    text = f"sku,title,price\nMF-PAN-01,{variant.product.title_en},99.00\nNONE,,1\n"
    owner.get_by_label("File").set_input_files({"name": "spring.csv", "mimeType": "text/csv", "buffer": text.encode()})
    owner.get_by_role("button", name="Check it").click()
    expect(owner.get_by_text("Line 3: NONE has no description")).to_be_visible()
    assert price_of(variant) == before
    owner.get_by_role("button", name="Apply").click()
    expect(owner.get_by_role("cell", name="changed")).to_be_visible()
    assert price_of(variant) == Money("99.00", "EUR")
    owner.get_by_role("button", name="Undo").click()
    expect(owner.get_by_role("cell", name="undone")).to_be_visible()
    assert price_of(variant) == before
