"""The words of the pages, the generated pages: held by the suite."""

import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from babel.messages.extract import extract
from babel.messages.pofile import read_po
from django.conf import settings
from django.core.management import call_command
from django.utils.translation.template import templatize

from orders import lifecycle_docs
from tests.support.servers import ROOT

MARKS: dict[str, Any] = {
    "_": None,
    "gettext": None,
    "gettext_lazy": None,
    "gettext_noop": None,
    "ngettext": (1, 2),
    "ngettext_lazy": (1, 2),
    "pgettext": ((1, "c"), 2),
    "pgettext_lazy": ((1, "c"), 2),
    "npgettext": ((1, "c"), 2, 3),
}
"""The functions whose arguments `makemessages` collects."""


def test_the_lifecycles_page_is_the_one_that_runs():
    assert (settings.BASE_DIR / "docs" / "lifecycle.md").read_text() == lifecycle_docs.lifecycle()


@pytest.mark.django_db
def test_no_migration_is_missing():
    call_command("makemigrations", check=True, dry_run=True)


def test_every_text_is_there_in_chinese():
    with (ROOT / "locale/zh_Hans/LC_MESSAGES/django.po").open("rb") as stream:
        catalog = read_po(stream)
    missing = [m.id for m in catalog if m.id and not (m.string if isinstance(m.string, str) else all(m.string))]
    assert missing == []
    assert [m.id for m in catalog if m.fuzzy and m.id] == []


def marked() -> Iterator[tuple[str, str]]:
    """(text, file) of every text that is marked for translation, in Python and in templates."""
    for folder in ("events", "orders", "shop"):
        for path in (ROOT / folder).rglob("*.py"):
            yield from extracted(path, path.read_bytes())
    for path in (ROOT / "templates").rglob("*.*"):
        if path.suffix in {".html", ".txt", ".svg"}:
            yield from extracted(path, as_python(path.read_text()))


def as_python(template: str) -> bytes:
    """The marked texts of a template as calls of `gettext`, as `makemessages` makes them, without indentation."""
    return "\n".join(line.strip() for line in templatize(template).split("\n")).encode()


def extracted(path: Path, python: bytes) -> Iterator[tuple[str, str]]:
    for _line, texts, _comments, _context in extract("python", io.BytesIO(python), MARKS):
        yield (texts if isinstance(texts, str) else texts[0]), str(path.relative_to(ROOT))


def test_every_marked_text_is_in_the_catalogue():
    """What `makemessages` would find is there: a new text without a translation fails here, not on a page."""
    with (ROOT / "locale/zh_Hans/LC_MESSAGES/django.po").open("rb") as stream:
        known = {m.id if isinstance(m.id, str) else m.id[0] for m in read_po(stream)}
    found = dict(marked())
    assert len(found) > 400
    assert {text: path for text, path in found.items() if text not in known} == {}


@pytest.mark.parametrize(
    "source",
    ['{% trans "A text" %}', "{% blocktrans %}A text{% endblocktrans %}", '{{ x|default:_("A text") }}']
    + ["{% blocktrans count n=n trimmed %}\n  A text\n{% plural %}\n  Texts\n{% endblocktrans %}"],
)
def test_a_marked_text_is_found_in_each_kind_of_template_tag(source):
    page = as_python("{% load i18n %}" + source)
    assert "A text" in [text for text, _ in extracted(ROOT / "templates/a.html", page)]


def test_no_page_asks_another_host_for_anything():
    import re

    for path in [*(ROOT / "templates").rglob("*.html"), *(ROOT / "static").rglob("*.*")]:
        if path.suffix in {".html", ".css", ".js"}:
            assert not re.search(r"""(?:src|href|url|import)\s*[=(]?\s*["']?https?://""", path.read_text()), path
