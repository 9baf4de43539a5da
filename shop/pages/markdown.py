"""Markdown of the staff as HTML that runs nothing: no HTML of their own, no pictures, no address that is a script."""

from functools import lru_cache

from django.utils.safestring import SafeString, mark_safe
from markdown_it import MarkdownIt
from markdown_it.rules_core import StateCore


def _below_the_title(state: StateCore) -> None:
    """The page's title is its only heading of the first level: every other goes one down where there is such a one."""
    headings = [token for token in state.tokens if token.type in ("heading_open", "heading_close")]
    if any(token.tag == "h1" for token in headings):
        for token in headings:
            token.tag = f"h{min(int(token.tag[1]) + 1, 6)}"


# `html` off: tags are shown as they were typed. The parser itself refuses javascript:, vbscript:, file: and data:.
_PARSER = MarkdownIt("commonmark", {"html": False}).enable("table").disable("image")
_PARSER.core.ruler.push("below_the_title", _below_the_title)


@lru_cache(maxsize=64)
def html(text: str) -> SafeString:
    """What the page shows."""
    return mark_safe(_PARSER.render(text))
