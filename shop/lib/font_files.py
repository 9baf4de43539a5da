"""Makes the fonts of the shop's pages from packages, as small files that browsers read.

Two families are cut to the letters of European languages, in two files each: most pages need only the first. Weights
that no rule uses are left out. A third has the stars, hearts and ticks of the pages, which some systems lack and others
show as coloured pictures. A fourth has the Chinese letters of GB 2312, for machines that have no Chinese font: its
first file the 3,755 that nearly all texts are made of, with those of the shop's own words; its second the 3,008 of
names and rare words.
The families have names of their own, as the SIL Open Font License asks of a changed font whose author has reserved the
name; the licenses lie beside the files.
The browser is told in `static/css/fonts.css` which letters are in which file.

`make setup` makes them once, beside the packages (`python -m shop.lib.font_files`). A process that finds none there
makes its own (`shop.lib.fonts`).
"""

import hashlib
import importlib.metadata
import importlib.resources
import logging
import shutil
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

# The blocks that Google Fonts calls `latin` and `latin-ext`, without what a shop does not write.
LETTERS = {
    "latin": "U+20-7E U+A0-FF U+131 U+152-153 U+2013-2014 U+2018-201A U+201C-201E U+2022 U+2026 U+2032-2033"
    " U+2039-203A U+20AC U+2122 U+2190-2193 U+2212",
    "latin-ext": "U+100-130 U+132-151 U+154-17F U+18F U+1A0-1A1 U+1AF-1B0 U+1CD-1DC U+1E6-1E7 U+218-21B U+237"
    " U+1E80-1E85 U+1E9E U+1EA0-1EF9 U+20A1-20AB U+20AD-20BF",
}
FEATURES = ["kern", "liga", "calt", "ccmp", "locl", "mark", "mkmk", "tnum", "lnum", "pnum"]


@dataclass(frozen=True)
class Family:
    """Where a family comes from, and its files: each a name with its letters.

    `axes` are those that are kept or pinned; None for a font that has none.
    """

    name: str
    package: str
    font: str
    files: Mapping[str, Sequence[int]]
    axes: Mapping[str, Any] | None = None


def letters(ranges: str) -> list[int]:
    """The code points of `U+41-5A U+61`."""
    found: list[int] = []
    for part in ranges.replace("U+", "").split():
        first, _, last = part.partition("-")
        found += range(int(first, 16), int(last or first, 16) + 1)
    return found


def _of_gb2312(first: int, last: int) -> list[int]:
    """The code points of some rows of GB 2312, each a first byte. A place where nothing stands is left out."""
    pairs = (bytes([row, cell]) for row in range(first, last + 1) for cell in range(0xA1, 0xFF))
    return sorted(ord(letter) for pair in pairs if (letter := pair.decode("gb2312", "ignore")))


_EUROPEAN = {block: letters(ranges) for block, ranges in LETTERS.items()}
_SIGNS = letters(
    "U+2014 U+2018-2019 U+201C-201D U+2026 U+3001-3003 U+3008-3011 U+3014-3017 U+FF01-FF5E U+FFE5"
)  # “”…。，「」：￥ and their like
_OF_THE_INTERFACE = [ord(letter) for letter in "浏罄"]  # rows of rare letters have them
FAMILIES = {
    "sans": Family(
        "Shop Sans", "fontpkg_source_sans_3", "files/SourceSans3[wght].ttf", _EUROPEAN, {"wght": (400, 700)}
    ),
    "serif": Family(
        "Shop Serif",
        "fontpkg_source_serif_4",
        "files/SourceSerif4[opsz,wght].ttf",
        _EUROPEAN,
        {"wght": (400, 600), "opsz": 24},
    ),
    "signs": Family(
        "Shop Signs", "pylopdf_fonts_zh_cn", "NotoSansSC-Regular.otf", {"all": [ord(sign) for sign in "★☆♡♥✓"]}
    ),
    "han": Family(
        "Shop Han",
        "pylopdf_fonts_zh_cn",
        "NotoSansSC-Regular.otf",
        {"common": sorted(_SIGNS + _of_gb2312(0xB0, 0xD7) + _OF_THE_INTERFACE), "rare": _of_gb2312(0xD8, 0xF7)},
    ),
}


def rename(font: Any, family: str) -> None:
    """Give the font a name of ours; its copyright and its license stay."""
    for record in list(font["name"].names):
        if record.nameID in (1, 3, 4, 6, 16, 25):
            name = family.replace(" ", "") if record.nameID in (3, 6, 25) else family
            font["name"].setName(name, record.nameID, record.platformID, record.platEncID, record.langID)


def digest() -> str:
    """Names what the files are made of: this module, and the packages with the fonts."""
    versions = [importlib.metadata.version(family.package) for family in FAMILIES.values()]
    return hashlib.sha256(Path(__file__).read_bytes() + repr(versions).encode()).hexdigest()[:16]


def made_in(folder: Path) -> Path:
    """Where the files of today lie below the folder, whether they are there or not: a folder that has `fonts/`."""
    return folder / "fonts" / digest()


def make(folder: Path) -> Path:
    """Make the files below the folder, unless they are there. They appear all at once. Raises `OSError`."""
    done = made_in(folder)
    if done.exists():
        return done
    done.parent.mkdir(parents=True, exist_ok=True)
    fresh = Path(tempfile.mkdtemp(dir=done.parent, prefix="new-"))
    try:
        (fresh / "fonts").mkdir()
        for key in FAMILIES:
            _cut(key, fresh / "fonts")
        fresh.chmod(0o755)
        fresh.rename(done)
    except OSError:
        if not done.exists():  # otherwise another process was faster, and made the same
            raise
    finally:
        shutil.rmtree(fresh, ignore_errors=True)
    return done


def _cut(key: str, target: Path) -> None:
    """Write the files of one family and its license. fontTools is loaded only here: it is large."""
    from fontTools.subset import Options, Subsetter
    from fontTools.ttLib import TTFont
    from fontTools.varLib.instancer import instantiateVariableFont

    logging.getLogger("fontTools").setLevel(logging.ERROR)
    family = FAMILIES[key]
    source = importlib.resources.files(family.package)
    for block, points in family.files.items():
        with importlib.resources.as_file(source / family.font) as path:
            font = TTFont(path, recalcTimestamp=False)
        options = Options(layout_features=FEATURES, name_IDs=[0, 1, 2, 3, 4, 5, 6, 13, 14], hinting=False)
        subsetter = Subsetter(options)
        subsetter.populate(unicodes=points)
        subsetter.subset(font)
        if family.axes:
            font = instantiateVariableFont(font, family.axes)
        rename(font, family.name)
        font.flavor = "woff2"
        font.save(target / f"{key}-{block}.woff2")
    (target / f"{key}-OFL.txt").write_text(_license(family, font))


def _license(family: Family, font: Any) -> str:
    """The text that came with the font, below the copyright if it has none."""
    files = importlib.metadata.files(family.package) or []
    text = next(file for file in files if file.name == "LICENSE").read_text()
    return text if text.startswith("Copyright") else f"{font['name'].getDebugName(0)}\n\n{text}"


BESIDE_THE_PACKAGES = Path(sys.prefix) / "share" / "doorbell"

if __name__ == "__main__":
    make(BESIDE_THE_PACKAGES)
