"""`make fonts` makes the fonts of the shop's pages from packages, as small files that browsers read.

Each family is cut to the letters of European languages, in two files: most pages need only the first. Weights that no
rule uses are left out. The families have names of their own, as the SIL Open Font License asks of a changed font whose
author has reserved the name; the licenses lie beside the files.
The browser is told in `static/css/fonts.css` which letters are in which file.
"""

import importlib.resources
import logging
from pathlib import Path
from typing import Any

FONTS = Path(__file__).resolve().parent.parent / "static" / "fonts"
# The blocks that Google Fonts calls `latin` and `latin-ext`, without what a shop does not write.
LETTERS = {
    "latin": "U+20-7E U+A0-FF U+131 U+152-153 U+2013-2014 U+2018-201A U+201C-201E U+2022 U+2026 U+2032-2033"
    " U+2039-203A U+20AC U+2122 U+2190-2193 U+2212",
    "latin-ext": "U+100-130 U+132-151 U+154-17F U+18F U+1A0-1A1 U+1AF-1B0 U+1CD-1DC U+1E6-1E7 U+218-21B U+237"
    " U+1E80-1E85 U+1E9E U+1EA0-1EF9 U+20A1-20AB U+20AD-20BF",
}
FEATURES = ["kern", "liga", "calt", "ccmp", "locl", "mark", "mkmk", "tnum", "lnum", "pnum"]
# file: package, font in it, axes that are kept or pinned
FAMILIES = {
    "sans": ("fontpkg_source_sans_3", "SourceSans3[wght].ttf", {"wght": (400, 700)}),
    "serif": ("fontpkg_source_serif_4", "SourceSerif4[opsz,wght].ttf", {"wght": (400, 600), "opsz": 24}),
}


def letters(ranges: str) -> list[int]:
    """The code points of `U+41-5A U+61`."""
    found: list[int] = []
    for part in ranges.replace("U+", "").split():
        first, _, last = part.partition("-")
        found += range(int(first, 16), int(last or first, 16) + 1)
    return found


def rename(font: Any, family: str) -> None:
    """Give the font a name of ours; its copyright and its license stay."""
    for record in list(font["name"].names):
        if record.nameID in (1, 3, 4, 6, 16, 25):
            name = family.replace(" ", "") if record.nameID in (3, 6, 25) else family
            font["name"].setName(name, record.nameID, record.platformID, record.platEncID, record.langID)


def make(key: str) -> None:
    """Write the files of one family and its license. Only the environment of the tools has fontTools."""
    from fontTools.subset import Options, Subsetter
    from fontTools.ttLib import TTFont
    from fontTools.varLib.instancer import instantiateVariableFont

    package, name, axes = FAMILIES[key]
    source = importlib.resources.files(package)
    for block, ranges in LETTERS.items():
        with importlib.resources.as_file(source / "files" / name) as path:
            font = TTFont(path, recalcTimestamp=False)
        options = Options(layout_features=FEATURES, name_IDs=[0, 1, 2, 3, 4, 5, 6, 13, 14], hinting=False)
        subsetter = Subsetter(options)
        subsetter.populate(unicodes=letters(ranges))
        subsetter.subset(font)
        font = instantiateVariableFont(font, axes)
        rename(font, f"Shop {key.title()}")
        font.flavor = "woff2"
        target = FONTS / f"{key}-{block}.woff2"
        font.save(target)
        print(f"{target.name}: {target.stat().st_size} bytes")
    (FONTS / f"{key}.license").write_text((source / "LICENSE").read_text())


if __name__ == "__main__":
    logging.getLogger("fontTools").setLevel(logging.ERROR)
    FONTS.mkdir(exist_ok=True)
    for family in FAMILIES:
        make(family)
