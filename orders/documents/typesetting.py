"""Data and a template become a PDF. A character that no font has stops no paper."""

import importlib.resources
import json
import re
import unicodedata
from pathlib import Path
from typing import Any

MISSING = "\N{GETA MARK}"
"""Stands on paper for a character that no font has."""
_NO_GLYPH = re.compile(r'the text `"(.+?)"` could not be displayed')
FONTS = ("fontpkg_noto_sans", "pylopdf_fonts_zh_cn")


def compiled(template: str, shown: Any, language: str, **options: Any) -> bytes:
    """The PDF of a template beside this file, filled with `shown`, which is made of JSON's types.

    `options` are those of `typst.compile`.
    """
    import typst  # 84 MB on disk, 75 MB of memory: only who makes a file loads it

    missing: dict[int, str] = {}
    while True:
        try:
            made: bytes = typst.compile(
                str(Path(__file__).with_name(template)),
                font_paths=[str(importlib.resources.files(name)) for name in FONTS],
                ignore_system_fonts=True,
                sys_inputs={"data": json.dumps(_without(missing, shown)), "lang": language[:2]},
                **options,
            )
        except typst.TypstError as problem:
            # A name with a rare character must not stop an invoice.
            found = _strange(f"{problem.diagnostic}{problem.message}")
            if not found.keys() - missing.keys():
                raise
            missing |= found
            continue
        return made


def _strange(said: str) -> dict[int, str]:
    """The characters that no font has, and what stands for each: nothing for one that cannot be seen."""
    texts = [
        re.sub(r"\\u\{([0-9a-f]+)\}", lambda code: chr(int(code[1], 16)), text) for text in _NO_GLYPH.findall(said)
    ]
    return {ord(c): "" if unicodedata.category(c)[0] in "CM" else MISSING for text in texts for c in text}


def _without(missing: dict[int, str], value: Any) -> Any:
    """The same value, with what stands for the missing characters in every text."""
    if isinstance(value, str):
        return value.translate(missing)
    if isinstance(value, list):
        return [_without(missing, each) for each in value]
    return {key: _without(missing, each) for key, each in value.items()} if isinstance(value, dict) else value
