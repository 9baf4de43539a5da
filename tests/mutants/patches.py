"""The patches of this folder: what each breaks, and its tests."""

import subprocess
from dataclasses import dataclass
from pathlib import Path

FOLDER = Path(__file__).parent
ROOT = FOLDER.parent.parent


class BadPatch(ValueError):
    """A patch that does not say what it is for, or does not fit the code."""


@dataclass(frozen=True)
class Mutant:
    """One fault. `tests` are arguments of pytest, or files of `node --test`; `database` is `sqlite` or `postgresql`."""

    name: str
    path: Path
    breaks: str
    tests: tuple[str, ...]
    database: str = "sqlite"


def read(path: Path) -> Mutant:
    """A mutant from its patch. The lines before the first `diff` read `name: value`. Raises `BadPatch`."""
    head = path.read_text().partition("diff --git ")[0]
    said = dict(line.split(": ", 1) for line in head.splitlines() if ": " in line)
    if not said.get("breaks") or not said.get("tests"):
        raise BadPatch(f"{path.name} must say `breaks: …` and `tests: …` before its first diff")
    return Mutant(path.stem, path, said["breaks"], tuple(said["tests"].split()), said.get("database", "sqlite"))


def every() -> list[Mutant]:
    """All mutants, by name."""
    return [read(path) for path in sorted(FOLDER.glob("*.patch"))]


def apply(mutant: Mutant, folder: Path) -> None:
    """Change the files under `folder`. Lines around a change may have moved. Raises `BadPatch` if it does not fit."""
    _git_apply(mutant, folder)


def check(mutant: Mutant, folder: Path) -> None:
    """Raise `BadPatch` if the mutant does not fit the files under `folder`."""
    _git_apply(mutant, folder, "--check")


def _git_apply(mutant: Mutant, folder: Path, *options: str) -> None:
    command = ["git", "apply", "-C2", *options, str(mutant.path)]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True)
    if done.returncode:
        raise BadPatch(
            f"{mutant.path.name} does not fit the code any more. Write its lines anew, for the same fault.\n"
            f"{done.stderr}"
        )
