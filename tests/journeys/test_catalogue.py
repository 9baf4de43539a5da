"""The day of who keeps the catalogue, in clicks: forty prices, twenty counts, a new product, a price list."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from djmoney.money import Money
from PIL import Image
from playwright.sync_api import expect

from shop.catalog import publication
from shop.catalog.models import Price, Product, Stock, Variant
from tests.support.factories import price_of

pytestmark = pytest.mark.once


def test_a_product_with_three_variants_a_picture_and_two_languages_takes_twenty_clicks(hand, tmp_path):
    picture = tmp_path / "jug.png"
    Image.new("RGB", (900, 600), "peru").save(picture)
    page = hand.page
    with hand.job(20):
        hand.menu("Products")
        hand.press(page.get_by_role("link", name="Add product"))
        hand.choose(page.get_by_label("Category"), "Pots and pans")
        hand.choose_file(page.locator("#id_picture"), picture)
        hand.press(page.get_by_label("Title (English)"))
        page.keyboard.type("Copper jug")
        hand.click("Simplified Chinese", "button")
        hand.press(page.get_by_label("Title (简体中文)"))
        page.keyboard.type("铜壶")
        for n, (sku, option, chinese, price, on_hand) in enumerate(VARIANTS):
            if n:
                hand.press(page.get_by_text("Add another Variant"))
            hand.press(page.locator(f"#id_variants-{n}-sku"))
            for text in (sku, option, chinese, price, "", "", on_hand):
                page.keyboard.type(text)
                page.keyboard.press("Tab")
        hand.click("Save", "button")
        expect(page.get_by_text("was added successfully")).to_be_visible()
    made = Product.objects.get(slug="copper-jug")
    assert (made.title_zh_hans, publication.status_of(made)) == ("铜壶", "for_sale")
    assert made.picture_sizes
    assert [
        (each.sku, each.option_en, each.option_zh_hans, f"{price_of(each).amount:.2f}", str(each.stock.on_hand))
        for each in made.variants.all()
    ] == VARIANTS


def test_pictures_are_put_in_order_by_drag(hand, demo):
    mug = Product.objects.get(slug="stoneware-mug")
    before = [picture.pk for picture in mug.pictures.all()]
    page = hand.page
    page.goto(f"{demo}/admin/catalog/product/{mug.pk}/change/")
    handles = page.locator("#pictures-group .material-symbols-outlined:has-text('drag_indicator'):visible")
    handles.first.scroll_into_view_if_needed()
    first, second = (handles.nth(n).bounding_box() for n in (0, 1))
    page.mouse.move(first["x"] + 5, first["y"] + 5)
    page.mouse.down()
    for step in range(1, 13):
        page.mouse.move(first["x"] + 5, first["y"] + 5 + step * (second["y"] - first["y"] + 12) / 12)
    page.mouse.up()
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("was changed successfully")).to_be_visible()
    assert [picture.pk for picture in mug.pictures.all()] == [before[1], before[0], *before[2:]]


VARIANTS = [
    ("JUG-1", "small", "小号", "20.00", "5"),
    ("JUG-2", "middle", "中号", "25.00", "7"),
    ("JUG-3", "large", "大号", "30.00", "9"),
]
"""SKU, option in two languages, price, how many there are."""


def test_forty_prices_and_twenty_counts_are_typed_down_a_column_and_saved_by_one_press_each(hand):
    page = hand.page
    with hand.job(42):
        hand.menu("Products")
        hand.click("Spreadsheet")
        page.wait_for_url("**/grid/**")
        page.wait_for_load_state()  # the script of the table is there
        prices = page.locator("input.amount")
        names = [each.get_attribute("name") for each in prices.all()[:40]]
        hand.press(prices.first)
        hand.down(["7.77"] * 40)
        expect(page.get_by_role("button", name="Save 40")).to_be_visible()
        violations = Axe().run(page, context=".db-grid").response["violations"]
        assert [violation["id"] for violation in violations] == []
        hand.press(page.get_by_role("button", name="Save 40"))
        expect(page.get_by_text("40 values are saved.")).to_be_visible()
    changed = Price.objects.filter(amount=Money("7.77", "EUR")).values_list("variant", flat=True)
    assert {f"price_eur-{key}" for key in changed} == set(names)

    with hand.job(22):
        hand.menu("Stock")
        hand.click("Count these")
        page.wait_for_url("**/stock/grid/**")
        page.wait_for_load_state()
        page.keyboard.press("i")
        hand.down(["731"] * 20)
        hand.press(page.get_by_role("button", name="Save 20"))
        expect(page.get_by_text("20 values are saved.")).to_be_visible()
    assert Stock.objects.filter(on_hand=731).count() == 20


def test_the_products_leave_as_a_file_and_one_is_hidden_and_another_put_up_for_later(hand):
    with hand.job(2), hand.page.expect_download() as loading:
        hand.menu("Products")
        hand.click("CSV")
    assert "MF-PAN-01" in loading.value.path().read_text()
    hidden, later = (Variant.objects.get(sku=sku).product for sku in ("MF-PAN-01", "MF-SKI-01"))
    with hand.job(2):
        hand.find("milk pan", hidden.title_en)
        hand.click("Hide", "button")
        expect(hand.page.get_by_text("is hidden").first).to_be_visible()
    assert publication.status_of(Product.objects.get(pk=hidden.pk)) == "hidden"
    assert hand.page.request.get(f"{hand.site}{hidden.get_absolute_url()}").status == 410
    with hand.job(3):
        hand.find("skillet", later.title_en)
        hand.page.get_by_label("For sale from").fill("2999-12-01T09:00")
        expect(hand.page.get_by_label("Status")).to_have_value("scheduled")
        hand.click("Save", "button")
        expect(hand.page.get_by_text("was changed successfully")).to_be_visible()
    assert publication.status_of(Product.objects.get(pk=later.pk)) == "scheduled"
    seen = hand.page.request.get(f"{hand.site}{later.get_absolute_url()}").text()
    assert "No shopper sees this page yet." in seen


def test_a_price_list_is_checked_applied_and_taken_back(hand):
    variant = Variant.objects.get(sku="MF-PAN-01")
    before = price_of(variant)
    text = f"sku,title,price\nMF-PAN-01,{variant.product.title_en},99.00\nNONE,,1\n"
    file = {"name": "spring.csv", "mimeType": "text/csv", "buffer": text.encode()}
    with hand.job(4):
        hand.menu("Imports")
        hand.page.wait_for_load_state()  # the script of the field is there
        hand.choose_file(hand.page.get_by_label("File"), file)
        expect(hand.page.get_by_text("Line 3: NONE has no description")).to_be_visible()
        assert price_of(variant) == before
        hand.click("Apply", "button")
        expect(hand.page.get_by_role("cell", name="changed")).to_be_visible()
    assert price_of(variant) == Money("99.00", "EUR")
    hand.click("Undo", "button")
    expect(hand.page.get_by_role("cell", name="undone")).to_be_visible()
    assert price_of(variant) == before
