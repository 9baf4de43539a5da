"""The fonts of the shop's pages: every file is there, small, and cut as the stylesheet says."""

import re
from io import BytesIO
from pathlib import Path

import pytest
from django.conf import settings
from django.contrib.staticfiles import finders
from fontTools.ttLib import TTFont

from shop.lib import font_files
from shop.lib.font_files import FAMILIES, letters
from shop.lib.fonts import FontFinder

pytestmark = pytest.mark.django_db

CSS = (settings.BASE_DIR / "static" / "css" / "fonts.css").read_text()
FACES = [
    {name: " ".join(value.split()) for name, value in re.findall(r"([\w-]+):\s*([^;]+);", body)}
    for body in re.findall(r"@font-face \{(.*?)\n\}", CSS, re.DOTALL)
]
LOADED = [face for face in FACES if "url(" in face["src"]]
STANDING_IN = [face for face in FACES if "size-adjust" in face]
PRELOAD = re.compile(r'<link rel="preload" href="/static/(fonts/[^"]+)" as="font" type="font/woff2" crossorigin>')


def read(name):
    return Path(finders.find(name)).read_bytes()


def files(faces):
    return {re.search(r'url\("\.\./(fonts/[\w-]+\.woff2)"\)', face["src"])[1] for face in faces}


def test_every_file_is_there_and_every_file_is_used():
    there = {name for name, _storage in FontFinder().list([])}
    assert files(LOADED) == {name for name in there if name.endswith(".woff2")}
    assert len(files(LOADED)) == sum(len(family.files) for family in FAMILIES.values())
    for name in files(LOADED):
        assert read(name)[:4] == b"wOF2"


def test_an_english_page_loads_at_most_80_kib():
    needed = files(face for face in LOADED if any(0x61 in letters(part) for part in ranges(face)))
    assert len(needed) == 2
    assert sum(len(read(name)) for name in needed) <= 80 * 1024


def ranges(face):
    return face["unicode-range"].split(", ")


def test_the_stylesheet_names_the_letters_that_a_file_has():
    for name in files(LOADED):
        told = {point for face in LOADED if files([face]) == {name} for part in ranges(face) for point in letters(part)}
        family, _, block = Path(name).stem.partition("-")
        asked = set(FAMILIES[family].files[block])
        has = set(TTFont(BytesIO(read(name))).getBestCmap())
        if family in ("sans", "serif"):
            assert told == asked, name  # the fonts lack some of the block: a fallback has them
            assert len(asked - has) < len(asked) / 10, name
        elif family == "signs":
            assert told == asked == has, name
        else:
            # Chinese letters are not listed one by one: the browser takes from the second file what the first has not.
            assert asked <= has & told, name


def test_the_common_chinese_letters_write_all_words_of_the_shop():
    words = (settings.BASE_DIR / "locale" / "zh_Hans" / "LC_MESSAGES" / "django.po").read_text()
    used = {ord(letter) for letter in words if "\u4e00" <= letter <= "\u9fff"}
    assert used <= set(FAMILIES["han"].files["common"])
    assert not set(FAMILIES["han"].files["common"]) & set(FAMILIES["han"].files["rare"]) - used


def test_every_sign_that_a_template_or_a_script_writes_is_in_a_font_of_the_shop():
    has = {point for family in FAMILIES.values() for points in family.files.values() for point in points}
    pages = [*(settings.BASE_DIR / "templates").rglob("*.html"), *(settings.BASE_DIR / "static" / "js").rglob("*.js")]
    used = {
        sign: page
        for page in pages
        if "admin" not in page.parts
        for sign in page.read_text()
        if ord(sign) > 126 and not sign.isalnum()
    }
    assert len(used) > 5
    assert {sign: page for sign, page in used.items() if ord(sign) not in has} == {}


def test_text_is_shown_at_once_in_a_font_of_the_same_size():
    signs, words = ([face for face in LOADED if ("Signs" in face["font-family"]) is signs] for signs in (True, False))
    assert {face["font-display"] for face in words} == {"swap"}
    assert {face["font-display"] for face in signs} == {"optional"}, "nothing stands in for them at the same width"
    assert len(STANDING_IN) == 4
    for face in STANDING_IN:
        assert {"size-adjust", "ascent-override", "descent-override", "line-gap-override"} <= set(face)


def test_chinese_takes_its_letters_and_marks_from_the_system_before_the_shops(client):
    everywhere, chinese = re.findall(r":(?:root|lang\(zh\)) \{(.*?)\}", CSS, re.DOTALL)
    assert "Han" not in everywhere
    stacks = [re.findall('"(.*?)"', stack) for stack in chinese.split(";")[:2]]
    assert len(stacks) == 2
    for stack in stacks:
        system = {"PingFang SC", "Microsoft YaHei", "Noto Sans SC", "Noto Sans CJK SC"}
        last = max(stack.index(name) for name in system)
        assert last < stack.index("Shop Han") < stack.index("Shop Han Rare")
        marks = next(name for name in stack if "Marks" in name)
        assert stack.index(marks) > stack.index("Shop Han Rare"), "a Latin dash is half as wide"
    assert '<html lang="zh-hans">' in client.get("/", headers={"Accept-Language": "zh-CN"}).text


def test_one_file_is_fetched_before_it_is_asked_for(client):
    found = PRELOAD.findall(client.get("/").text)
    assert found == ["fonts/sans-latin.woff2"]
    assert set(found) <= files(LOADED)


def test_a_browser_is_told_what_the_file_is(client):
    answer = client.get("/static/fonts/sans-latin.woff2")
    assert answer["Content-Type"] == "font/woff2"
    assert "Content-Encoding" not in client.get("/static/fonts/sans-latin.woff2", headers={"Accept-Encoding": "gzip"})


@pytest.mark.parametrize("family", FAMILIES)
def test_the_license_lies_beside_the_files(family):
    text = read(f"fonts/{family}-OFL.txt").decode()
    assert "SIL OPEN FONT LICENSE Version 1.1" in text
    assert text.startswith(("Copyright", "©"))


def cut(key, target):
    (target / f"{key}.woff2").write_text("wOF2")


def test_a_process_that_finds_none_makes_them_once(tmp_path, settings, monkeypatch):
    settings.DATA_DIR = tmp_path / "data"
    monkeypatch.setattr(font_files, "_cut", cut)
    made = FontFinder(ready=tmp_path / "nothing").find("fonts/sans.woff2")
    assert made.startswith(str(settings.DATA_DIR))
    monkeypatch.setattr(font_files, "_cut", None)
    assert FontFinder(ready=tmp_path / "nothing").find("fonts/sans.woff2") == made
    assert [each.name for each in (settings.DATA_DIR / "fonts").iterdir()] == [font_files.digest()]


def test_a_process_that_dies_while_it_makes_them_leaves_nothing_half_made(tmp_path, monkeypatch):
    def die(key, target):
        cut(key, target)
        raise KeyboardInterrupt

    monkeypatch.setattr(font_files, "_cut", die)
    with pytest.raises(KeyboardInterrupt):
        font_files.make(tmp_path)
    assert not font_files.made_in(tmp_path).exists()


def test_who_makes_them_at_the_same_time_as_another_takes_those(tmp_path, monkeypatch):
    def slower(key, target):
        cut(key, target)
        done = font_files.made_in(tmp_path) / "fonts"
        done.mkdir(parents=True, exist_ok=True)
        (done / "sans.woff2").write_text("of the other")

    monkeypatch.setattr(font_files, "_cut", slower)
    assert (font_files.make(tmp_path) / "fonts" / "sans.woff2").read_text() == "of the other"


def test_where_nothing_can_be_written_pages_do_without(tmp_path, settings, caplog):
    (tmp_path / "file").write_text("")
    settings.DATA_DIR = tmp_path / "file"
    finder = FontFinder(ready=tmp_path / "nothing")
    with caplog.at_level("WARNING", "shop.lib.fonts"):
        assert finder.find("fonts/sans-latin.woff2") == []
        assert list(finder.list([])) == []
    assert "cannot be written" in caplog.text


@pytest.mark.parametrize("path", ["fonts/nothing.woff2", "fonts/../secret", "fonts/", "css/fonts.css"])
def test_no_other_file_is_served(path):
    assert FontFinder().find(path) == []
