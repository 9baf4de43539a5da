"""What a page has to say is said once, also behind the service worker and beside a tab that asks by itself."""

import pytest
from playwright.sync_api import expect

from tests.journeys.conftest import sign_in
from tests.orders.queues.test_start_packing import paid

pytestmark = pytest.mark.once
LIST = "/admin/orders/order/"


@pytest.mark.parametrize("workers", ["allow", "block"])
def test_a_message_waits_for_a_page_that_is_opened_and_is_said_once(demo, someone, workers):
    page = someone(service_workers=workers)
    sign_in(page, demo, "admin@example.com")
    if workers == "allow":
        page.evaluate("navigator.serviceWorker.ready")
        page.reload()
        assert page.evaluate("Boolean(navigator.serviceWorker.controller)")
    paid()
    page.goto(f"{demo}{LIST}?queue=to_pack")
    with page.expect_response(lambda answer: "start-packing" in answer.url):
        page.evaluate("""() => {
            const form = document.querySelector("#changelist-form");
            const sent = new FormData(form);
            document.querySelectorAll("input.action-select").forEach((box) => sent.append("order", box.value));
            const press = { method: "POST", body: sent, redirect: "manual" };
            return fetch("/admin/orders/order/start-packing/", press).then(() => {});
        }""")
    page.evaluate(
        "import('/static/js/admin/fresh-page.js').then(({ freshPage }) => freshPage(window)().then(() => {}))"
    )
    said = page.get_by_text("1 order is being packed.")
    page.goto(f"{demo}{LIST}")
    expect(said).to_be_visible()
    page.goto(f"{demo}{LIST}")
    expect(page.locator("#changelist-form")).to_be_visible()
    expect(said).to_have_count(0)
