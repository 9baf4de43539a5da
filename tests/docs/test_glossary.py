"""The glossary: every place that it names exists, no term stands twice."""

import re
from collections.abc import Iterator

import pytest

from tests.support.servers import ROOT

PAGE = ROOT / "docs/glossary.md"


def rows() -> Iterator[list[str]]:
    for line in PAGE.read_text().splitlines():
        if line.startswith("| ") and not line.startswith("| term"):
            yield [cell.strip() for cell in line.strip("|").split("|")]


PLACES = [(row[0], row[2]) for row in rows() if len(row) == 3]


@pytest.mark.parametrize(("term", "place"), PLACES, ids=[term for term, _ in PLACES])
def test_every_place_that_the_glossary_names_exists(term: str, place: str) -> None:
    path, *names = re.findall(r"`([^`]+)`", place)
    assert (ROOT / path).exists()
    if names:
        text = (ROOT / path).read_text()
        for name in names[0].split("."):
            assert re.search(rf"^\s*(async )?(def|class) {name}\b|^\s*{name}\s*[:=]", text, re.MULTILINE), name


def test_no_term_stands_twice() -> None:
    terms = [row[0] for row in rows()]
    assert len(terms) > 70
    assert sorted(terms) == sorted(set(terms))


def test_a_term_does_not_use_a_name_that_the_glossary_refuses() -> None:
    refused = {
        word.strip() for row in rows() for words in re.findall(r"Not: ([^.]+)\.", row[1]) for word in words.split(",")
    }
    assert {"line", "ring", "settle", "parked", "canary", "census", "shelf", "sheet"} <= refused
    assert refused & {part.strip() for row in rows() for part in row[0].split(",")} == set()
