"""Chinese pages have their letters on a machine without a Chinese font, and load none where it has one."""

import re
from importlib.resources import files

import pytest

pytestmark = pytest.mark.once
HAN = re.compile(r"/fonts/han-(\w+)\.")
FONTS = """<?xml version="1.0"?><!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig><dir>{folder}</dir><cachedir>{cache}</cachedir></fontconfig>"""
CART, WITH_A_RARE_LETTER = "/zh-hans/cart/", "/zh-hans/products/enamel-milk-pan/"


@pytest.fixture
def without_chinese(browser_type, browser_type_launch_args, tmp_path):
    """A browser whose machine has European fonts alone."""
    settings = tmp_path / "fonts.conf"
    settings.write_text(FONTS.format(folder=files("fontpkg_noto_sans"), cache=tmp_path))
    # The home of the user names further fonts.
    env = {"FONTCONFIG_FILE": str(settings), "HOME": str(tmp_path), "XDG_DATA_HOME": str(tmp_path)}
    browser = browser_type.launch(**browser_type_launch_args | {"env": env})
    yield browser
    browser.close()


def looked_at(browser, address, language="zh-CN"):
    """The fonts that wrote the page, with the number of letters of each; and the Chinese files that were fetched."""
    context = browser.new_context(locale=language, viewport={"width": 390, "height": 844}, service_workers="block")
    page = context.new_page()
    fetched, written = set(), {}
    page.on("requestfinished", lambda request: fetched.update(HAN.findall(request.url)))
    page.goto(address)
    page.reload()  # signs that came too late for the first view are there
    page.evaluate("document.fonts.ready")
    devtools = context.new_cdp_session(page)
    devtools.send("DOM.enable")
    devtools.send("CSS.enable")
    root = devtools.send("DOM.getDocument")["root"]["nodeId"]
    for node in devtools.send("DOM.querySelectorAll", {"nodeId": root, "selector": "body *"})["nodeIds"]:
        for font in devtools.send("CSS.getPlatformFontsForNode", {"nodeId": node})["fonts"]:
            written[font["familyName"]] = written.get(font["familyName"], 0) + font["glyphCount"]
    context.close()
    return written, fetched


@pytest.mark.parametrize(
    ("path", "files_of_it"), [(CART, {"common"}), (WITH_A_RARE_LETTER, {"common", "rare"})], ids=["cart", "enamel"]
)
def test_a_machine_without_a_chinese_font_gets_the_shops(demo, without_chinese, path, files_of_it):
    written, fetched = looked_at(without_chinese, f"{demo}{path}")
    assert fetched == files_of_it
    assert written["Shop Han"] > 100
    assert not {name for name in written if not name.startswith("Shop ")}, written


def test_an_english_page_there_fetches_none_though_its_foot_has_chinese_letters(demo, without_chinese):
    _written, fetched = looked_at(without_chinese, f"{demo}/cart/", "en-GB")
    assert fetched == set()


def test_a_machine_with_a_chinese_font_fetches_none(demo, browser):
    written, fetched = looked_at(browser, f"{demo}{WITH_A_RARE_LETTER}")
    assert fetched == set()
    assert any("Noto Sans CJK" in name for name in written), written
