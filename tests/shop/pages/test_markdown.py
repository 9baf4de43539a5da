"""What staff type into a page runs nothing, whatever it is."""

import pytest

from shop.pages.markdown import html

HOSTILE = [
    "<script>alert(1)</script>",
    '<img src=x onerror="alert(1)">',
    "[click](javascript:alert(1))",
    "[click](JaVaScRiPt&colon;alert(1))",
    "[click](data:text/html,<script>alert(1)</script>)",
    "[click](vbscript:x)",
    "![x](https://evil.example/pixel.png)",
    "<iframe src=//evil.example></iframe>",
    '[x](https://a.example "onmouseover=alert(1)")',
    "<https://a.example/\" onmouseover='x'>",
    "[a]: javascript:alert(1)\n\n[a]",
    "```<script>\n</script>\n```",
]


@pytest.mark.parametrize("text", HOSTILE)
def test_nothing_runs_and_nothing_is_loaded(text):
    import re

    made = html(text)
    tags = re.findall(r"<(\w+)((?:\s+[\w-]+=\"[^\"]*\")*)\s*/?>", made)
    assert {name for name, _ in tags} <= {"p", "a", "code", "pre"}
    for _, attributes in tags:
        for name, value in re.findall(r'([\w-]+)="([^"]*)"', attributes):
            assert name in {"href", "title", "class"}
            assert not re.match(r"\s*(javascript|vbscript|data|file):", value, re.I)
    left = re.sub(r"<(\w+)((?:\s+[\w-]+=\"[^\"]*\")*)\s*/?>|</\w+>", "", made)
    assert "<" not in left


def test_headings_stand_below_the_title_of_the_page():
    assert html("# One\n\n## Two") == "<h2>One</h2>\n<h3>Two</h3>\n"
    assert html("## Two") == "<h2>Two</h2>\n"


def test_lists_tables_and_links_are_there():
    made = html("- a\n\n| b | c |\n|---|---|\n| d | [e](/terms/) |")
    for part in ("<li>a</li>", "<td>d</td>", '<a href="/terms/">e</a>'):
        assert part in made
