"""A page of the shop waits for one stylesheet, which has all that `static/css/shop.css` imports."""

import re
from pathlib import Path

import pytest
from django.conf import settings
from django.contrib.staticfiles import finders
from django.core.management import call_command

from orders import access_links
from shop.lib import stylesheets
from tests.support.factories import VariantFactory, make_order

CSS = settings.BASE_DIR / "static" / "css"
LINK = re.compile(r'<link rel="stylesheet" href="([^"]+)"')


@pytest.fixture
def finder(tmp_path, settings):
    settings.DATA_DIR = tmp_path / "data"
    source = tmp_path / "css" / "shop.css"
    source.parent.mkdir()
    source.write_text('/* all */\n@import url("a.css");\n@import url("b.css");\n')
    (source.parent / "a.css").write_text("p {\n  margin: 0; /* why */\n}\n")
    (source.parent / "b.css").write_text('q::before {\n  content: "·  ·";\n}\n')
    return stylesheets.JoinedFinder(source=source)


@pytest.mark.django_db
def test_every_page_of_the_shop_waits_for_one_stylesheet(client):
    variant = VariantFactory(stocked=3)
    client.post("/cart/add/", {"variant": variant.pk, "quantity": 1})
    order = make_order()
    for page in (
        "/",
        "/products/",
        variant.product.get_absolute_url(),
        "/cart/",
        "/checkout/",
        access_links.path(order),
        "/contact/",
    ):
        answer = client.get(page, follow=True)
        assert answer.status_code == 200, page
        assert LINK.findall(answer.text) == ["/static/css/shop.css"], page


def test_every_stylesheet_of_the_shop_is_in_that_one_file():
    source = (CSS / "shop.css").read_text()
    assert sorted(stylesheets.IMPORT.findall(source)) == sorted(
        p.name for p in CSS.glob("*.css") if p.name != "shop.css"
    )


def test_no_template_of_the_shop_links_another():
    templates = settings.BASE_DIR / "templates"
    own = {"gateways/test/base.html"}  # another company's page
    for path in templates.rglob("*.html"):
        name = path.relative_to(templates).as_posix()
        if not name.startswith("admin/") and name not in own:
            assert set(re.findall(r"css/[\w/-]+\.css", path.read_text())) <= {"css/shop.css"}, name


@pytest.mark.django_db
def test_what_is_served_imports_nothing(client):
    text = b"".join(client.get("/static/css/shop.css").streaming_content).decode()
    assert "@import" not in text
    for rule in (":root {", ".skip {", ".cart-line {", ".timeline li {"):
        assert rule in text


def test_the_files_stand_in_the_order_of_their_imports_without_comments(finder):
    found = Path(finder.find("css/shop.css"))
    assert found.read_text() == 'p {\nmargin: 0;\n}\nq::before {\ncontent: "·  ·";\n}'


def test_a_changed_file_is_joined_anew_under_another_folder(finder):
    before = finder.find("css/shop.css")
    (finder.source.parent / "a.css").write_text("p {\n  margin: 1px;\n}\n")
    after = finder.find("css/shop.css")
    assert before != after
    assert "1px" in Path(after).read_text()
    assert "1px" not in Path(before).read_text()


def test_other_files_are_left_to_other_finders(finder):
    assert finder.find("css/a.css") == []
    assert finder.find("css/a.css", find_all=True) == []
    assert len(finder.find("css/shop.css", find_all=True)) == 1


def test_a_build_collects_the_joined_file(tmp_path, settings):
    settings.STATIC_ROOT = tmp_path
    finders.get_finder.cache_clear()
    call_command("collectstatic", interactive=False, verbosity=0, ignore_patterns=["unfold", "admin", "js", "fonts"])
    assert "@import" not in (tmp_path / "css" / "shop.css").read_text()


def test_where_it_cannot_be_written_the_file_with_the_imports_is_served(finder, settings, caplog):
    settings.DATA_DIR.write_text("a file, where a folder should be")
    with caplog.at_level("WARNING", "shop.lib.stylesheets"):
        assert finder.find("css/shop.css") == []
        assert list(finder.list(None)) == []
    assert "cannot be written" in caplog.text
