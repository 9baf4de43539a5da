"""Text as people type and paste it, cleaned before it is kept."""

import re
import unicodedata

# Characters that turn the direction of what follows, and others that nobody sees. Joiners stay: names and emoji of some
# scripts need them.
_UNSEEN = re.compile("[\u00ad\u200b\u200e\u200f\u202a-\u202e\u2060\u2066-\u2069\ufeff]")

_LINE_END = re.compile("\r\n?|[\n\u2028\u2029]")
_EMPTY_LINES = re.compile("\n{3,}")
_UNPRINTED = {"Cc", "Cs"}


def one_line(text: str) -> str:
    """The text on one line: any run of spaces, line ends and control characters is one space."""
    kept = _UNSEEN.sub("", unicodedata.normalize("NFC", text))
    return " ".join("".join(" " if unicodedata.category(char) == "Cc" else char for char in kept).split())


def short_lines(text: str, most: int) -> str:
    """The text on at most `most` lines, none of them empty; what is more joins the last one."""
    found = [line for line in map(one_line, text.splitlines()) if line]
    return "\n".join([*found[: most - 1], *filter(None, [", ".join(found[most - 1 :])])])


def several_lines(text: str) -> str:
    """The text on its lines, without two empty ones after each other. Other control characters stay: see `control`."""
    kept = _UNSEEN.sub("", unicodedata.normalize("NFC", text)).replace("\t", " ")
    lines = [line.rstrip(" ") for line in _LINE_END.split(kept)]
    return _EMPTY_LINES.sub("\n\n", "\n".join(lines)).strip()


def control(text: str) -> str:
    """The first character that cannot be printed, as its number: U+0007. "" if there is none; a line end is none."""
    found = next((char for char in text if char != "\n" and unicodedata.category(char) in _UNPRINTED), "")
    return f"U+{ord(found):04X}" if found else ""


def whole_number(text: str, digits: int = 18) -> int | None:
    """The number that a text of at most so many digits is; None for anything else. 18 digits fit any database's key."""
    return int(text) if text.isascii() and text.isdigit() and len(text) <= digits else None
