"""Money in the browser: another market, a voucher, a transfer, a business, and the invoice that comes by itself."""

from decimal import Decimal

import pytest
from playwright.sync_api import expect

from orders.models import Order
from shop.markets import eu_rates
from tests.journeys.conftest import fill_address, to_cart, to_checkout
from tests.support.factories import PromotionFactory, SellerFactory

pytestmark = pytest.mark.once
PHONE = {"viewport": {"width": 390, "height": 844}}


def test_a_voucher_is_taken_off_and_the_invoice_appears_on_the_page_by_itself(demo, someone):
    PromotionFactory(code="SPRING", title_en="Spring sale", percent=Decimal(10))
    SellerFactory()
    shopper = someone(**PHONE)
    to_cart(shopper, demo)
    shopper.get_by_label("Voucher code").fill("spring")
    shopper.get_by_role("button", name="Apply").click()
    expect(shopper.get_by_text("Spring sale").first).to_be_visible()
    expect(shopper.get_by_role("button", name="Remove the code SPRING")).to_be_visible()
    shopper.get_by_role("button", name="Checkout").click()
    fill_address(shopper)
    expect(shopper.get_by_text("€26.50").first).to_be_visible()
    shopper.get_by_role("button", name="Place order").click()
    shopper.get_by_label("Card number").fill("4242 4242 4242 4242")
    shopper.get_by_role("button", name="Pay").click()
    link = shopper.get_by_role("link", name="Invoice INV-")
    expect(link).to_be_visible(timeout=20_000)
    answer = shopper.request.get(f"{demo}{link.get_attribute('href')}")
    assert answer.headers["content-type"] == "application/pdf"
    assert answer.body().startswith(b"%PDF")


def test_a_visitor_from_elsewhere_buys_in_their_own_currency(demo, someone):
    shopper = someone(**PHONE)
    shopper.goto(f"{demo}/products/enamel-milk-pan/")
    shopper.get_by_role("link", name="Deliver to: Germany").click()
    shopper.get_by_label("Deliver to").select_option("US")
    shopper.get_by_role("button", name="Use these").click()
    expect(shopper.get_by_text("$29.00").first).to_be_visible()
    shopper.get_by_role("button", name="Add to cart").click()
    expect(shopper.get_by_text("Delivery and tax are added at the next step.")).to_be_visible()


def test_a_state_with_a_sales_tax_changes_the_sum_before_the_order_is_placed(demo, someone):
    shopper = someone()
    to_checkout(shopper, demo)
    shopper.locator("html.js").wait_for()
    shopper.get_by_label("Country").select_option("US")
    shopper.get_by_label("State").select_option("NY")
    expect(shopper.locator('[data-sum="apart"]')).to_have_text("$4.17")
    expect(shopper.locator('[data-sum="total"]')).to_have_text("$51.17")


def test_a_business_abroad_sees_the_price_without_tax(demo, someone):
    assert eu_rates.published("FR")
    shopper = someone()
    to_checkout(shopper, demo)
    shopper.locator("html.js").wait_for()
    shopper.get_by_label("Country").select_option("FR")
    shopper.get_by_text("Buying for a business?").click()
    shopper.get_by_label("VAT number").fill("FR83404833048")
    shopper.get_by_label("VAT number").press("Tab")
    expect(shopper.get_by_text("Reverse charge: your business owes the tax.")).to_be_visible()


def test_who_pays_by_transfer_reads_where_to_send_the_money(demo, someone):
    shopper = someone(**PHONE)
    to_checkout(shopper, demo)
    fill_address(shopper)
    shopper.get_by_label("Bank transfer").check()
    shopper.get_by_role("button", name="Place order").click()
    order_page = shopper.get_by_label("Bank transfer")
    expect(order_page).to_contain_text("DE02 1203 0000 0000 2020 51")
    expect(order_page).to_contain_text(Order.objects.get().ref)
