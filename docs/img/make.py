"""Makes order.webp, the moving picture of the README: `make run`, then `.venv/bin/python -m docs.img.make`.

A guest buys on a phone. Staff move the order in the admin beside it. Each frame shows both browsers at one moment.
"""

import io
import re
import sys
from pathlib import Path

from PIL import Image
from playwright.sync_api import Page, expect, sync_playwright

from tools import machine

SITE = sys.argv[1] if len(sys.argv) > 1 else "http://127.0.0.1:8000"
PICTURE = Path(__file__).with_name("order.webp")
HEIGHT, COUNTER, PHONE, GAP = 720, 900, 390, 24
STEPS = ("Start preparing", "Ship", "Mark delivered")
FIRST_MS, STEP_MS, LAST_MS = 1800, 1600, 2600


def buy(page: Page) -> str:
    """Buy something as a guest; the page is that of the order then. Returns the order's `ref`."""
    page.goto(f"{SITE}/products/enamel-milk-pan/")
    page.get_by_role("button", name="Add to cart").click()
    page.get_by_role("button", name="Checkout").click()
    address = {"Email": "ada@example.com", "Full name": "Ada Lind", "Address": "Seestraße 4", "City": "Lindau"}
    for label, value in (address | {"Postal code": "88131"}).items():
        page.get_by_label(label, exact=True).fill(value)
    page.get_by_role("button", name="Place order").click()
    page.get_by_label("Card number").fill("4242 4242 4242 4242")
    page.get_by_role("button", name="Pay now").click()
    page.locator('[data-connection="live"]').wait_for()
    stream = page.locator('[data-stream^="order:"]').first.get_attribute("data-stream") or ""
    return stream.removeprefix("order:")


def open_in_admin(page: Page, ref: str) -> None:
    page.goto(f"{SITE}/admin/login/?next=/admin/orders/order/%3Fq={ref}")
    page.get_by_label("Email").fill("staff@example.com")
    page.get_by_label("Password").fill("demo")
    page.locator("main").get_by_role("button", name="Sign in").click()
    page.get_by_role("link", name=ref).first.click()
    page.locator('[data-connection="live"]').wait_for()


def frame(counter: Page, phone: Page) -> Image.Image:
    """Both pages beside each other."""
    whole = Image.new("RGB", (COUNTER + GAP + PHONE, HEIGHT), "#ece4d6")
    for page, x in ((counter, 0), (phone, COUNTER + GAP)):
        whole.paste(Image.open(io.BytesIO(page.screenshot())), (x, 0))
    return whole.resize((whole.width * 3 // 4, HEIGHT * 3 // 4), Image.Resampling.LANCZOS)


def main() -> None:
    """Buy, move the order to the door, and write the picture."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=machine.chromium())
        phone = browser.new_page(viewport={"width": PHONE, "height": HEIGHT}, locale="en-GB")
        counter = browser.new_page(viewport={"width": COUNTER, "height": HEIGHT}, locale="en-GB")
        ref = buy(phone)
        open_in_admin(counter, ref)
        frames = [frame(counter, phone)]
        for verb in STEPS:
            counter.get_by_role("button", name=re.compile(f"^{verb}")).first.click()
            confirm = counter.locator("main").get_by_role("button", name=re.compile(f"^{verb}"))
            if "/move/" in counter.url:  # a final move asks first
                confirm.click()
            expect(phone.locator('[data-connection="live"]')).to_be_visible()
            counter.wait_for_timeout(1500)  # the page's own animation
            frames.append(frame(counter, phone))
        browser.close()
    times = [FIRST_MS, *[STEP_MS] * (len(frames) - 2), LAST_MS]
    frames[0].save(PICTURE, save_all=True, append_images=frames[1:], duration=times, loop=0, quality=60, method=6)
    print(f"{PICTURE}: {PICTURE.stat().st_size // 1024} KiB, {len(frames)} frames")


if __name__ == "__main__":
    main()
