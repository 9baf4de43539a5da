"""Makes the still pictures of the README: `make run`, then `.venv/bin/python -m docs.img.stills`.

The shop as shoppers see it on a phone, and the counter as staff see it on a desktop, in the light and in the dark.
"""

import io
import os
import sys
from pathlib import Path

import django
from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")
django.setup()

from tests.journeys.conftest import buy, pay, sign_in  # noqa: E402
from tools import machine  # noqa: E402

SITE = sys.argv[1] if len(sys.argv) > 1 else "http://127.0.0.1:8000"
HERE = Path(__file__).parent
PHONE, DESKTOP, GAP = (390, 800), (1280, 800), 24
SHOPPER = ("/", "/products/enamel-milk-pan/", "order")
STAFF = ("/admin/", "/admin/insight/")


def window(browser: Browser, size: tuple[int, int], scheme: str) -> Page:
    """A new visitor's window."""
    width, height = size
    context = browser.new_context(
        viewport={"width": width, "height": height},
        locale="en-GB",
        color_scheme="dark" if scheme == "dark" else "light",
    )
    return context.new_page()


def shots(page: Page, addresses: tuple[str, ...]) -> list[Image.Image]:
    """What stands there at first sight; `order` is the page that is open."""
    found = []
    for address in sorted(addresses, key=lambda each: each != "order"):
        if address != "order":
            page.goto(SITE + address)
        page.wait_for_load_state("networkidle")
        found.append(Image.open(io.BytesIO(page.screenshot())).convert("RGB"))
    return [*found[1:], found[0]] if "order" in addresses else found


def beside(pictures: list[Image.Image], columns: int) -> Image.Image:
    """The pictures in rows, with a gap between them."""
    width, height = pictures[0].size
    rows = -(-len(pictures) // columns)
    size = (columns * (width + GAP) - GAP, rows * (height + GAP) - GAP)
    whole = Image.new("RGB", size, "#ece4d6")
    for n, each in enumerate(pictures):
        whole.paste(each, (n % columns * (width + GAP), n // columns * (height + GAP)))
    return whole


def write(name: str, picture: Image.Image, width: int) -> None:
    """Keep it, so wide."""
    height = picture.height * width // picture.width
    path = HERE / name
    picture.resize((width, height), Image.Resampling.LANCZOS).save(path, quality=70, method=6)
    print(f"{path}: {path.stat().st_size // 1024} KiB")


def main() -> None:
    """Buy something in both schemes, then look at the pages."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=machine.chromium())
        sofa, counter = [], []
        for scheme in ("light", "dark"):
            phone = window(browser, PHONE, scheme)
            buy(phone, SITE)
            pay(phone)
            phone.locator('[data-connection="live"]').first.wait_for()
            sofa += shots(phone, SHOPPER)
            desk = window(browser, DESKTOP, scheme)
            sign_in(desk, SITE, "staff@example.com")
            counter += shots(desk, STAFF)
        browser.close()
    write("sofa.webp", beside(sofa, 6), 1400)
    write("counter.webp", beside(counter, 2), 1400)


if __name__ == "__main__":
    main()
