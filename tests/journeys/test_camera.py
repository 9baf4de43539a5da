"""A packer's camera in a browser that reads no codes, as on an iPhone: the shop reads its pictures.

Chromium on Linux has no `BarcodeDetector`. What its camera shows is a video that the test has made.
"""

import pytest
from playwright.sync_api import expect

from tests.journeys.conftest import sign_in
from tests.orders.shipping.conftest import prepared
from tests.support.code_pictures import bars, jpeg, seen

pytestmark = pytest.mark.once


@pytest.fixture
def with_camera(browser_type, browser_type_launch_args):
    """Open a browser whose camera plays this file."""
    browsers = []

    def open_page(video):
        camera = ["--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream"]
        camera.append(f"--use-file-for-fake-video-capture={video}")
        options = {**browser_type_launch_args, "args": [*browser_type_launch_args["args"], *camera]}
        browsers.append(browser_type.launch(**options))
        context = browsers[-1].new_context(locale="en-GB", viewport={"width": 390, "height": 844})
        page = context.new_page()
        page.set_default_timeout(30_000)
        return page

    yield open_page
    for browser in browsers:
        browser.close()


def test_the_camera_ticks_a_piece_off_where_the_browser_reads_no_codes(demo, with_camera, tmp_path):
    order = prepared(2, 1, 1, 1, 1)
    sku = order.lines.first().sku
    video = tmp_path / "camera.mjpeg"
    frames = [jpeg(seen(bars(sku), turned=turned, blurred=1, size=(640, 480))) for turned in (0, 2, 4, 2)]
    video.write_bytes(b"".join(frames * 5))
    packer = with_camera(video)
    said, ticked, shown = (packer.locator(f"[data-{name}]").first for name in ("said", "count", "camera"))
    sign_in(packer, demo, "staff@example.com")
    packer.goto(f"{demo}/admin/pack/{order.ref}/")
    assert packer.evaluate("'BarcodeDetector' in window") is False

    def is_read():
        with packer.expect_response("**/admin/pack/codes/") as answer:
            pass
        return answer.value.json() == {"codes": [sku]}

    packer.get_by_role("button", name="Camera").click()
    expect(ticked).to_have_text("1")
    expect(said).to_have_text("1 of 2 × Thing 0")
    packer.context.set_offline(True)
    expect(said).to_contain_text("The shop, which reads the codes, cannot be reached.")
    expect(said).to_be_in_viewport(ratio=1)  # however long the box
    expect(shown).to_be_hidden()
    packer.context.set_offline(False)
    packer.get_by_role("button", name="Camera").click()
    expect(shown).to_be_visible()
    assert is_read()
    assert is_read()
    expect(ticked).to_have_text("1")  # it lay there all the time: it is one piece
