"""The content policies, held by a real browser: they stop what is foreign, and nothing that the shop needs."""

import http.server
import threading
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from shop.demo import content
from tests.journeys.conftest import fill_address, someone  # noqa: F401 - a fixture
from tests.support.factories import make_order
from tests.support.servers import Shop, free_port, up

pytestmark = pytest.mark.once


@pytest.fixture
def company() -> Iterator[str]:
    """A payment company's server, at an origin of its own."""

    class Page(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            self.wfile.write(b"<!doctype html><title>Pay</title><h1>The payment company</h1>")

        def log_message(self, *_: object) -> None:
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Page)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    yield f"http://localhost:{server.server_port}"
    server.shutdown()
    server.server_close()


def test_place_order_arrives_at_the_payment_company(shop: Shop, company, someone):  # noqa: F811
    """Browsers hold `form-action` against the redirects that follow a form, too."""
    content.load()
    port = free_port()
    site = f"http://127.0.0.1:{port}"
    gateway = {"PAYMENT_GATEWAY": "tests.support.production.ElsewhereGateway", "ELSEWHERE_ORIGIN": company}
    shop.web(port, SITE_URL=site, **gateway)
    up(site)
    page: Page = someone()
    page.goto(f"{site}/products/enamel-milk-pan/")
    page.get_by_role("button", name="Add to cart").click()
    page.get_by_role("button", name="Checkout").click()
    fill_address(page)
    page.get_by_role("button", name="Place order").click()
    expect(page.get_by_role("heading", name="The payment company")).to_be_visible()
    assert page.url.startswith(f"{company}/pay/")


def test_the_admin_works_under_its_policy(site, someone):  # noqa: F811
    """Every complaint of the browser's console fails this test (see `someone`)."""
    content.load()
    order = make_order()
    page: Page = someone()
    page.goto(f"{site}/admin/login/")
    page.get_by_label("Email").fill("admin@example.com")
    page.get_by_label("Password").fill(content.PASSWORD)
    page.locator("main").get_by_role("button", name="Sign in").click()
    page.wait_for_url(f"{site}/admin/")
    lists = ("orders/order/", "catalog/product/", "catalog/stock/", "accounts/user/", "events/delivery/", "board/")
    for path in (*lists, "catalog/product/add/", f"orders/order/{order.pk}/change/"):
        page.goto(f"{site}/admin/{path}")
        page.wait_for_load_state("networkidle")
    page.goto(f"{site}/admin/orders/order/")
    # Alpine, which evaluates its expressions, opens the theme's menus.
    assert page.evaluate("() => typeof window.Alpine") == "object"


def test_a_foreign_script_does_not_run_in_the_admin(site, someone):  # noqa: F811
    content.load()
    page: Page = someone(expect_errors=True)
    page.goto(f"{site}/accounts/login/?next=/admin/")
    page.get_by_label("Email").fill("admin@example.com")
    page.get_by_label("Password").fill(content.PASSWORD)
    page.locator("main").get_by_role("button", name="Sign in").click()
    page.wait_for_url(f"{site}/admin/")
    page.evaluate(
        """() => {
            window.ran = [];
            document.addEventListener("securitypolicyviolation", (event) => window.ran.push(event.effectiveDirective));
            const inline = document.createElement("div");
            inline.innerHTML = "<img src=x onerror='window.evil = 1'>";
            document.body.append(inline);
            const foreign = document.createElement("script");
            foreign.src = "http://localhost:9/evil.js";
            document.body.append(foreign);
        }"""
    )
    page.wait_for_function("() => window.ran.length >= 2")
    assert page.evaluate("() => window.evil") is None
    assert set(page.evaluate("() => window.ran")) == {"script-src-attr", "script-src-elem"}
