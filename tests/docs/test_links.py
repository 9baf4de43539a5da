"""The documents: every link works, the index leads to every page, every decision is numbered and listed."""

import re
from pathlib import Path

import pytest

from tests.support.servers import ROOT

DOCS = ROOT / "docs"
PAGES = sorted([*ROOT.glob("*.md"), *DOCS.rglob("*.md"), *(ROOT / "bench").rglob("*.md")])


def links(document: Path) -> list[str]:
    """The targets of a page's links, without those to other sites."""
    text = re.sub(r"^```.*?^```$", "", document.read_text(), flags=re.MULTILINE | re.DOTALL)
    return [to for to in re.findall(r"\]\(([^)\s]+)\)", text) if "://" not in to]


def anchors(document: Path) -> set[str]:
    """The names by which a page's headings can be linked to."""
    heads = re.findall(r"^#+ (.*)$", document.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", head.lower()).replace(" ", "-") for head in heads}


@pytest.mark.parametrize("document", PAGES, ids=[str(page.relative_to(ROOT)) for page in PAGES])
def test_every_link_leads_somewhere(document: Path) -> None:
    for target in links(document):
        path, _, anchor = target.partition("#")
        to = (document.parent / path).resolve() if path else document
        assert to.exists(), target
        if anchor:
            assert anchor in anchors(to), target


def test_every_page_of_the_documents_is_in_the_index() -> None:
    listed = {(DOCS / target).resolve() for target in links(DOCS / "index.md")}
    written = {page for page in DOCS.glob("*.md") if page.name != "index.md"}
    assert written <= listed


def test_decisions_are_numbered_without_a_gap_and_listed() -> None:
    records = sorted(path.name for path in (DOCS / "decisions").glob("0*.md"))
    assert [int(name[:4]) for name in records] == list(range(1, len(records) + 1))
    assert links(DOCS / "decisions/index.md") == records


@pytest.mark.parametrize("record", sorted((DOCS / "decisions").glob("0*.md")), ids=lambda path: path.stem)
def test_a_decision_says_its_context_the_decision_and_what_follows(record: Path) -> None:
    text = record.read_text()
    assert text.startswith(f"# {int(record.name[:4])}. ")
    assert re.findall(r"^## (.*)$", text, re.MULTILINE)[:3] == ["Context", "Decision", "Consequences"]


def test_the_map_names_every_package() -> None:
    drawn = (DOCS / "index.md").read_text()
    drawn = drawn[drawn.index("## The map") :]
    for folder in ("events", "orders", "shop"):
        for init in (ROOT / folder).glob("*/__init__.py"):
            name = init.parent.name
            if name not in ("migrations", "management"):
                assert re.search(rf"\b{name}/", drawn), f"{folder}/{name} is not in the map of docs/index.md"
