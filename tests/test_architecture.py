"""The words of the pages, the generated pages: held by the suite."""

import pytest
from babel.messages.pofile import read_po
from django.conf import settings
from django.core.management import call_command

from orders import lifecycle_docs
from tests.support.servers import ROOT


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


def test_every_marked_text_is_in_the_catalogue():
    """What `makemessages` would find is there: a new text without a translation fails here, not on a page."""
    from django.template.base import Lexer

    with (ROOT / "locale/zh_Hans/LC_MESSAGES/django.po").open("rb") as stream:
        known = {(m.context, m.id if isinstance(m.id, str) else m.id[0]) for m in read_po(stream)}
    import re

    found = set()
    for path in (ROOT / "templates").rglob("*.html"):
        for token in Lexer(path.read_text()).tokenize():
            if match := re.match(r"""trans(?:late)? (['"])(.*?)\1(?: context (['"])(.*?)\3)?""", token.contents):
                found.add((match[4], match[2]))
    assert found
    assert found - known == set()


def test_no_page_asks_another_host_for_anything():
    import re

    for path in [*(ROOT / "templates").rglob("*.html"), *(ROOT / "static").rglob("*.*")]:
        if path.suffix in {".html", ".css", ".js"}:
            assert not re.search(r"""(?:src|href|url|import)\s*[=(]?\s*["']?https?://""", path.read_text()), path
