"""Sample texts of the pages. They are no advice of a lawyer: whoever opens a shop replaces them.

A file for each kind and language: `# title` on the first line, the body below. The body begins with a mark, by which
the shop knows a sample, also one that somebody has changed a little.
"""

import re
from pathlib import Path

HERE = Path(__file__).resolve().parent
MARKS = ("**Sample text.**", "**示例文本。**")


def is_sample(body: str) -> bool:
    """Whether a body still carries the mark of our samples."""
    return any(mark in body for mark in MARKS)


def sample(kind: str, language: str) -> tuple[str, str]:
    """Title and body."""
    title, _line, body = (HERE / language / f"{kind}.md").read_text(encoding="utf-8").partition("\n")
    # The files have short lines. In a form they would only be in the way, and in Chinese each would be a space.
    glue = "" if language.startswith("zh") else " "
    return title.removeprefix("# "), re.sub(r"(?<=[^\n])\n *(?=[^\n#>|*\-\s])", glue, body.strip()) + "\n"
