"""Pages fit the narrowest phone and a tablet, in both languages and directions of writing, in their own fonts."""

import pytest

from orders import access_links
from tests.support.factories import make_order

pytestmark = pytest.mark.once

EXCESS = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
MIDDLES = """[".brand", ".search", ".top-links"].map((name) => {
  const box = document.querySelector(name).getBoundingClientRect();
  return Math.round((box.top + box.bottom) / 2);
})"""
LOADED = """document.fonts.ready.then(() => [...document.fonts]
  .filter((face) => face.status === "loaded" && face.family.startsWith("Shop")).map((face) => face.family))"""


@pytest.mark.parametrize("language", ["en-GB", "zh-CN"])
def test_nothing_scrolls_sideways(demo, someone, language):
    page = someone(locale=language, viewport={"width": 320, "height": 640})
    order = make_order()
    page.goto(f"{demo}/products/stoneware-mug/")
    page.locator(".buy-row button").first.click()
    page.wait_for_url("**/cart/")
    wide = []
    for path in ("/", "/products/", "/products/stoneware-mug/", "/cart/", "/checkout/", access_links.path(order)):
        page.goto(f"{demo}{path}")
        for width, direction in ((320, "ltr"), (320, "rtl"), (768, "rtl"), (768, "ltr")):
            page.set_viewport_size({"width": width, "height": 900})
            page.evaluate("(direction) => { document.documentElement.dir = direction; }", direction)
            if page.evaluate(EXCESS) > 0:
                wide.append((path, width, direction))
    assert wide == []
    middles = page.evaluate(MIDDLES)
    assert max(middles) - min(middles) <= 2, "name, search and links do not share a row at 768 px"
    assert {"Shop Sans", "Shop Serif"} <= {name.replace('"', "") for name in page.evaluate(LOADED)}
