"""A guest who buys one thing at Oscar's: every page and form that a browser could not leave out, and none besides."""

import re
import time
import uuid
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import aiohttp

# Of one purchase, redirects included: product; add, basket; who, guest, address; address, method, (method of payment),
# payment; preview; order, thanks.
REQUESTS = 13

_token = re.compile(r'name="csrfmiddlewaretoken" value="([^"]+)"')
_add = re.compile(r'id="add_to_basket_form" action="([^"]+)"')
_number = re.compile(r"order number is\s*<strong>(\w+)</strong>")

ADDRESS = {
    "first_name": "Ada",
    "last_name": "Guest",
    "line1": "Unter den Linden 1",
    "line2": "",
    "line3": "",
    "line4": "Berlin",
    "state": "",
    "postcode": "10117",
    "phone_number": "",
    "notes": "",
}


class _Browser:
    """Follows redirects, carries the token of the page before into the next form, and counts."""

    def __init__(self, http: "aiohttp.ClientSession") -> None:
        self.http = http
        self.requests = 0
        self.page = ""

    async def _send(self, method: str, path: str, ends: str, form: dict[str, str] | None = None) -> None:
        async with self.http.request(method, path, data=form) as response:
            self.page = await response.text()
            self.requests += len(response.history) + 1
            at = response.url.path
        # Oscar sends who may not go on back to an earlier page, with 200.
        assert (response.status, at) == (200, ends), f"{method} {path}: {response.status} at {at}, not 200 at {ends}"

    async def get(self, path: str) -> None:
        await self._send("GET", path, path)

    async def post(self, path: str, ends: str, **form: str) -> None:
        found = _token.search(self.page)
        assert found, f"no CSRF token on the page before {path}"
        await self._send("POST", path, ends, {"csrfmiddlewaretoken": found[1], **form})


async def purchase(http: "aiohttp.ClientSession", product: str) -> dict[str, float]:
    """Seconds of each step, and the number of requests; AssertionError if there is no order at the end.

    `http` has Oscar's address as `base_url`, and a cookie jar of this buyer's own: `CookieJar(unsafe=True)`, or cookies
    of 127.0.0.1 are dropped. No Referer is sent, so that adding leads to the basket and not back to the product's page,
    as it would in most browsers: one page less for Oscar to make.
    """
    browser = _Browser(http)
    seconds: dict[str, float] = {}
    started = time.perf_counter()

    def step(name: str) -> None:
        nonlocal started
        now = time.perf_counter()
        seconds[name], started = now - started, now

    await browser.get(product)
    step("product")

    add = _add.search(browser.page)
    assert add, f"{product} cannot be added to the basket"
    await browser.post(add[1], "/basket/", quantity="1")
    step("basket")

    await browser.get("/checkout/")
    email = f"guest-{uuid.uuid4().hex}@example.com"
    await browser.post("/checkout/", "/checkout/shipping-address/", username=email, password="", options="anonymous")
    # One way of shipping, which is free, and one of payment: their pages pass the buyer on.
    await browser.post("/checkout/shipping-address/", "/checkout/payment-details/", **ADDRESS)
    await browser.get("/checkout/preview/")
    step("checkout")

    await browser.post("/checkout/preview/", "/checkout/thank-you/", action="place_order")
    step("placed")
    assert _number.search(browser.page), "no order number on the thank-you page"
    assert browser.requests == REQUESTS, f"{browser.requests} requests instead of {REQUESTS}"
    return {**seconds, "requests": float(browser.requests)}
