"""A shopper asks about an order, staff answer, and both see it without a reload."""

from playwright.sync_api import expect

from orders.models import Order, Question
from shop.accounts.demo_logins import PASSWORD, STAFF
from tests.journeys.conftest import fill_address, to_cart


def test_a_question_is_asked_and_answered_in_two_open_windows(demo, someone):
    shopper = someone(viewport={"width": 390, "height": 844})
    to_cart(shopper, demo)
    shopper.goto(f"{demo}/checkout/")
    expect(shopper.get_by_role("link", name="Terms").first).to_be_visible()
    fill_address(shopper)
    shopper.get_by_role("button", name="Place order with obligation to pay").click()
    shopper.wait_for_url("**/gateway/test/**")
    order = Order.objects.get(email="ann@example.com")
    assert {kind for kind, _ in order.agreed_to} == {"terms", "withdrawal", "privacy"}
    shopper.goto(f"{demo}/orders/{order.ref}/")
    shopper.get_by_label("Your message").fill("When will it come?")
    shopper.get_by_role("button", name="Send message").click()
    expect(shopper.locator("#messages li")).to_contain_text(["When will it come?"])
    shopper.get_by_label("Your message").fill("And one thing more")  # half written: it stays

    staff = someone()
    staff.goto(f"{demo}/accounts/login/?next=/admin/orders/question/")
    staff.get_by_label("Email").fill(STAFF)
    staff.get_by_label("Password").fill(PASSWORD)
    staff.get_by_role("button", name="Sign in").click()
    staff.get_by_role("link", name="Ann Example").click()
    staff.get_by_label("Answer").fill("Tomorrow.")
    staff.get_by_role("button", name="Send answer").click()
    expect(staff.get_by_text("The answer is on its way by mail.")).to_be_visible()
    expect(shopper.locator("#messages li")).to_contain_text(["When will it come?", "Tomorrow."])
    expect(shopper.get_by_label("Your message")).to_have_value("And one thing more")

    shopper.get_by_role("button", name="Send message").click()
    expect(staff.locator(".db-thread li")).to_have_count(3)
    assert Question.objects.get().messages.count() == 3
    assert shopper.evaluate("document.documentElement.scrollWidth <= innerWidth")
