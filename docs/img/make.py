"""Makes order.webp, the moving picture of the README: `make run`, then `.venv/bin/python -m docs.img.make`.

A guest buys on a phone. Staff move the order in the admin beside it. Each frame shows both browsers at one moment.
"""

import io
import os
import re
import sys
from pathlib import Path

import django
from PIL import Image
from playwright.sync_api import Page, expect, sync_playwright

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")
django.setup()

from tests.journeys.conftest import buy, counter, pay, ref_of  # noqa: E402
from tools import machine  # noqa: E402

SITE = sys.argv[1] if len(sys.argv) > 1 else "http://127.0.0.1:8000"
PICTURE = Path(__file__).with_name("order.webp")
HEIGHT, COUNTER, PHONE, GAP = 720, 900, 390, 24
STEPS = ("Start preparing", "Ship", "Mark delivered")
FIRST_MS, STEP_MS, LAST_MS = 1800, 1600, 2600


def frame(admin: Page, phone: Page) -> Image.Image:
    """Both pages beside each other."""
    whole = Image.new("RGB", (COUNTER + GAP + PHONE, HEIGHT), "#ece4d6")
    for page, x in ((admin, 0), (phone, COUNTER + GAP)):
        whole.paste(Image.open(io.BytesIO(page.screenshot())), (x, 0))
    return whole.resize((whole.width * 3 // 4, HEIGHT * 3 // 4), Image.Resampling.LANCZOS)


def main() -> None:
    """Buy, move the order to the door, and write the picture."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=machine.chromium())
        phone = browser.new_page(viewport={"width": PHONE, "height": HEIGHT}, locale="en-GB")
        admin = browser.new_page(viewport={"width": COUNTER, "height": HEIGHT}, locale="en-GB")
        buy(phone, SITE)
        pay(phone)
        phone.locator('[data-connection="live"]').wait_for()
        counter(admin, SITE, ref_of(phone))
        frames = [frame(admin, phone)]
        for verb in STEPS:
            admin.get_by_role("button", name=re.compile(f"^{verb}")).first.click()
            confirm = admin.locator("main").get_by_role("button", name=re.compile(f"^{verb}"))
            if "/move/" in admin.url:  # a final move asks first
                confirm.click()
            expect(phone.locator('[data-connection="live"]')).to_be_visible()
            admin.wait_for_timeout(1500)  # the page's own animation
            frames.append(frame(admin, phone))
        browser.close()
    times = [FIRST_MS, *[STEP_MS] * (len(frames) - 2), LAST_MS]
    frames[0].save(PICTURE, save_all=True, append_images=frames[1:], duration=times, loop=0, quality=60, method=6)
    print(f"{PICTURE}: {PICTURE.stat().st_size // 1024} KiB, {len(frames)} frames")


if __name__ == "__main__":
    main()
