"""A packer with a scanner in the hand: slip, goods, number, and the next order is there."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.urls import reverse
from PIL import Image
from playwright.sync_api import expect

from orders import access_links
from orders.access_links import Strength
from orders.lifecycle import Status
from orders.models import Order, Parcel
from tests.journeys.conftest import sign_in
from tests.journeys.test_accessibility import violations_here
from tests.orders.shipping.conftest import prepared

pytestmark = pytest.mark.once


def at_the_start(demo, someone, **options):
    """Somebody of the staff, at the start of packing, with a phone."""
    page = someone(viewport={"width": 390, "height": 844}, **options)
    sign_in(page, demo, "staff@example.com")
    page.goto(f"{demo}{reverse('orders:pack')}")
    return page


@pytest.fixture
def packer(demo, someone):
    return at_the_start(demo, someone)


def scan(page, *codes):
    """A scanner types the code and Enter, into whatever has the focus."""
    for code in codes:
        page.locator("[data-scan]").focus()
        page.keyboard.type(code)
        page.keyboard.press("Enter")


def test_two_orders_are_packed_with_a_scanner_alone(demo, someone):
    packer = at_the_start(demo, someone, expect_errors=True)  # the network that is away is one
    first, second = prepared(2, 1), prepared(1)
    skus = [line.sku for line in first.lines.all()]
    said = packer.locator("[data-said]")
    packer.reload()
    scan(packer, first.ref)
    packer.wait_for_url(f"**/admin/pack/{first.ref}/")
    scan(packer, skus[0], second.lines.get().sku)
    expect(said).to_have_text(f"{second.lines.get().sku} is not in this order.")
    scan(packer, skus[0], skus[1], "JJD-100")
    expect(said).to_contain_text("Tracking number JJD-100")
    packer.context.set_offline(True)
    packer.keyboard.press("Enter")
    expect(said).to_contain_text("There is no network.")
    expect(packer.get_by_role("checkbox").first).to_be_checked()
    packer.context.set_offline(False)
    packer.get_by_role("button", name="Ship").press("Enter")
    packer.wait_for_url(f"**/admin/pack/{second.ref}/?shipped={first.ref}")
    expect(packer.get_by_text(f"{first.ref} is shipped.")).to_be_visible()
    assert Order.objects.get(pk=first.pk).status == Status.SHIPPED
    assert Parcel.objects.get(order=first).tracking == "JJD-100"


def test_half_a_box_is_there_again_after_the_page_was_closed(packer, demo):
    order = prepared(2)
    packer.goto(f"{demo}/admin/pack/{order.ref}/")
    scan(packer, order.lines.get().sku)
    packer.goto(f"{demo}/admin/")
    packer.goto(f"{demo}/admin/pack/{order.ref}/")
    expect(packer.locator("[data-count]")).to_have_text("1")
    expect(packer.get_by_role("checkbox")).not_to_be_checked()


def test_a_camera_that_is_not_allowed_is_said(packer):
    packer.context.grant_permissions([])
    packer.add_init_script(
        "window.BarcodeDetector ??= class { static getSupportedFormats = async () => ['qr_code']; };"
        "navigator.mediaDevices.getUserMedia = async () => { throw new DOMException('no', 'NotAllowedError'); };"
    )
    packer.reload()
    packer.get_by_role("button", name="Camera").click()
    expect(packer.locator("[data-said]")).to_contain_text("The browser may not use the camera.")


def test_axe_finds_nothing_and_nothing_is_wider_than_a_phone(packer, demo):
    order = prepared(2, 1)
    for path in ("/admin/pack/", "/admin/pack/?code=nothing", f"/admin/pack/{order.ref}/"):
        packer.goto(f"{demo}{path}")
        assert violations_here(packer, path, ".pack") == {}
        assert packer.evaluate("document.documentElement.scrollWidth") <= 390


def test_a_photo_of_the_packed_parcel_reaches_the_shopper(demo, someone, tmp_path):
    packer = at_the_start(demo, someone, expect_errors=True)  # the bad file is answered with 409
    order = prepared(1)
    shopper = someone(viewport={"width": 390, "height": 844})
    shopper.goto(demo + access_links.path(order, Strength.ACT))
    expect(shopper.locator("[data-connection]").first).to_have_text("live")
    packer.goto(f"{demo}{reverse('orders:pack_order', args=[order.ref])}")
    scan(packer, order.lines.get().sku, "JJD-300")
    photo, torn = tmp_path / "image.jpg", tmp_path / "torn.jpg"
    Image.new("RGB", (3000, 2000), "peru").save(photo)
    torn.write_bytes(b"no picture")
    field = packer.get_by_label("Photo of the packed parcel")
    field.set_input_files(torn)
    packer.get_by_role("button", name="Ship").click()
    expect(packer.locator("[data-said]")).to_contain_text("Take the photo again, or leave it out.")
    expect(packer.get_by_role("checkbox")).to_be_checked()
    field.set_input_files(photo)
    packer.wait_for_function(
        "f => createImageBitmap(f.files[0]).then((b) => b.width === 1600)", arg=field.element_handle()
    )
    packer.get_by_role("button", name="Ship").click()
    packer.wait_for_url("**shipped=*")
    seen = shopper.get_by_role("link", name="The packed parcel")
    expect(seen).to_be_visible()
    assert seen.locator("img").evaluate("async (img) => { await img.decode(); return img.naturalWidth }") == 1280
    assert shopper.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
    assert Axe().run(shopper, context=".parcels").response["violations"] == []
