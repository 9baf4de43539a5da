"""One name for one thing: the words that `docs/glossary.md` replaced are used nowhere.

The test reads everything that people read: names, docstrings, comments, log lines, documents, templates. Phrases in
which such a word has another meaning (a key ring, a type hint) are removed from a line before it is searched.
"""

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

REPLACED = {
    "wake-up message": r"hints?|Hints?",
    "notify": r"rung|ringing|rings? (?:again|for|once|the)",
    "ordered queue": r"(?:drain|take|unpark|park)\w* (?:the |a |that )?lines?",
    "acknowledge": r"[Ss]ettl(?:e|es|ed|ing|ings|ement|er)|unsettled",
    "dead letter": r"(?:[Uu]n)?[Pp]ark(?:s|ed|ing)?",
    "process": r"drain(?:s|ed|ing)?",
    "fast path": r"early (?:ones?|handlers?)|told early",
    "heartbeat": r"canar(?:y|ies)|sings?|deaf(?:ness)?",
    "presence": r"census",
    "refund": r"gives? back|given back|gave back|giving back|give_back",
    "category": r"[Ss]hel(?:f|ves)",
    "webhook event": r"notices?|Notices?",
    "product page cache": r"sheets?",
}
"""The word of the glossary → the words that it replaced, as a regular expression of whole words."""

OTHER_MEANINGS = (
    r"key[ _-]?rings?|KeyRing|focus ring|--ring[\w-]*",
    r"type hints?|testgateway[._]settled|stylesheets?|style sheets?|spreadsheetml\.sheet|spreadsheets?|back_populates",
    r"worksheets?|sheetData|sheet1|get_sheet_by_index|</?sheets?",  # names of a spreadsheet's file
    r"\bhint=",  # an argument of Django's system checks
    r"give notice that",  # the words of the law for a withdrawal
    r"\.drain\(\)",  # a method of asyncio's StreamWriter
    r'"shelves"',  # the name of an icon
)

NOT_READ = (
    "bench/results/",
    "locale/",  # the shopper's words, in Chinese
    "tests/docs/test_wording.py",
    "tests/docs/test_glossary.py",
    "docs/glossary.md",
    "docs/decisions/",
    "shop/demo/data/",
    "tests/events/operations/golden/",
    "package-lock.json",
)


LONGEST = 120  # characters of a line, as in ruff's settings
WRITTEN = ("*.py", "*.md", "*.html", "*.txt", "*.js", "*.mjs", "*.css", "*.toml", "*.patch", "Makefile")


def _words(expression: str) -> re.Pattern[str]:
    return re.compile(rf"(?<![a-zA-Z])(?:{expression})(?![a-zA-Z])")


_any = _words("|".join(REPLACED.values()))
_wrong = {right: _words(wrong) for right, wrong in REPLACED.items()}
_other = re.compile("|".join(OTHER_MEANINGS))


def listed(*patterns: str) -> list[str]:
    """The files of the project, also those that are not added to git yet."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", *patterns]
    names = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout.split()
    return [name for name in names if (ROOT / name).exists()]


def texts() -> list[str]:
    return [name for name in listed(*WRITTEN) if not name.startswith(NOT_READ)]


def found(text: str) -> Iterator[tuple[int, str, str]]:
    """(line number, the word to write, the word that stands there) of a text."""
    for number, line in enumerate(text.splitlines(), start=1):
        if not _any.search(line):
            continue
        searched = _other.sub("", line)
        for right, wrong in _wrong.items():
            if match := wrong.search(searched):
                yield number, right, match[0]


def test_a_replaced_word_is_found_in_names_comments_and_docstrings() -> None:
    for line in ("def give_back(order):", "# the hint is lost", '"""It is parked."""', "settled_at = 1", "a canary"):
        assert list(found(line)), line
    for line in ("class KeyRing:", "the key ring", "a type hint", "stylesheet", 'link("shelves")', "string", "sparkle"):
        assert not list(found(line)), line


def test_the_words_of_the_glossary_are_used() -> None:
    names = texts()
    assert len(names) > 500
    wrong = [
        f"{name}:{n}: {word!r}; write {right!r}"
        for name in names
        for n, right, word in found((ROOT / name).read_text())
    ]
    assert not wrong, "\n".join(wrong)


def long_lines(name: str) -> list[str]:
    lines = (ROOT / name).read_text().splitlines()
    return [f"{name}:{n}: {len(line)} characters" for n, line in enumerate(lines, start=1) if len(line) > LONGEST]


def test_templates_scripts_and_styles_have_no_long_lines() -> None:
    """ruff looks at Python only; no template needs an exception."""
    names = listed("templates/*.html", "templates/*.txt", "static/*.js", "static/*.css")
    assert len(names) > 80
    wrong = [line for name in names for line in long_lines(name)]
    assert not wrong, "\n".join(wrong)
