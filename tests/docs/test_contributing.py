"""CONTRIBUTING.md, followed step by step in a copy of the project: its files, its changes and its commands."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.servers import ROOT

PAGE = ROOT / "CONTRIBUTING.md"
LEFT_OUT = shutil.ignore_patterns(
    ".git", ".venv", "var", "node_modules", "__pycache__", "*.mo", "test-results", ".*_cache", ".hypothesis"
)
BLOCK = re.compile(r"^(?:(At the end of )?`([^`\n]+)`:\n\n)?```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def steps(page: str) -> Iterator[tuple[str, str, str]]:
    """What the page tells to do, in its order: (what, path, content).

    Blocks without a language are there to be read.
    """
    for at_end, path, language, content in BLOCK.findall(page):
        if language in ("diff", "sh"):
            yield language, "", content
        else:
            assert path, f"a block of {language} says no file: {content[:60]}"
            yield ("append" if at_end else "file"), path, content


def apply(diff: str, root: Path) -> None:
    """Change the files as the diff says.

    Each part's old lines must stand in the file exactly once; line numbers do not matter.
    """
    for target, parts in re.findall(r"^--- a/\S+\n\+\+\+ b/(\S+)\n(.*?)(?=^--- a/|\Z)", diff, re.MULTILINE | re.DOTALL):
        path = root / target
        text = path.read_text()
        for part in re.split(r"^@@.*\n", parts, flags=re.MULTILINE)[1:]:
            lines = [line if line.strip() else f" {line}" for line in part.splitlines(keepends=True)]
            old = "".join(line[1:] for line in lines if line[0] in " -")
            new = "".join(line[1:] for line in lines if line[0] in " +")
            assert text.count(old) == 1, f"{target} has these lines {text.count(old)} times:\n{old}"
            text = text.replace(old, new)
        path.write_text(text)


def run(command: str, root: Path) -> None:
    env = {"PATH": os.environ["PATH"], "HOME": str(root)}
    done = subprocess.run(
        ["sh", "-ec", command], cwd=root, env=env, capture_output=True, text=True, check=False, timeout=300
    )
    assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"


@pytest.fixture(scope="module")
def followed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the project in which every step of the page was done."""
    root = tmp_path_factory.mktemp("contributing") / "doorbell"
    shutil.copytree(ROOT, root, ignore=LEFT_OUT)
    (root / ".venv").symlink_to(sys.prefix)
    run("git init -q", root)
    for what, path, content in steps(PAGE.read_text()):
        if what == "sh":
            run(content, root)
        elif what == "diff":
            apply(content, root)
        else:
            (root / path).parent.mkdir(parents=True, exist_ok=True)
            with (root / path).open("a" if what == "append" else "w") as file:
                file.write(f"\n{content}" if what == "append" else content)
    return root


def test_the_page_has_the_five_things_that_people_add() -> None:
    sections = re.findall(r"^## Add (.*)$", PAGE.read_text(), re.MULTILINE)
    assert sections == ["a handler", "a page", "an event and a status", "a payment gateway"]
    assert [what for what, _, _ in steps(PAGE.read_text())].count("sh") == 5


@pytest.mark.parametrize(
    "command",
    [
        ".venv/bin/ruff check events orders shop tests",
        ".venv/bin/lint-imports",
        ".venv/bin/python manage.py makemigrations --check --dry-run",
        ".venv/bin/python manage.py docs --check",
        ".venv/bin/python -m pytest tests/docs/test_links.py tests/docs/test_wording.py tests/mutants/test_patches.py",
        ".venv/bin/python -m pytest tests/test_architecture.py tests/orders/test_lifecycle.py"
        " tests/deploy/test_environment.py",
    ],
)
def test_what_the_page_leads_to_passes(followed: Path, command: str) -> None:
    if "ruff check" in command:
        run(".venv/bin/ruff check --fix --quiet --select I */migrations */*/migrations", followed)  # `make format`
    run(command, followed)


def test_a_change_whose_lines_are_gone_is_noticed(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("one\ntwo\n")
    good = "--- a/a.py\n+++ b/a.py\n@@ somewhere\n one\n-two\n+three\n"
    with pytest.raises(AssertionError, match=r"a\.py has these lines 0 times"):
        apply(good.replace(" one", " on"), tmp_path)
    apply(good, tmp_path)
    assert (tmp_path / "a.py").read_text() == "one\nthree\n"
