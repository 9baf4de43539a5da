"""Compiles missing message catalogues, with Babel: gettext is not needed, and the repository has no binaries.

The compiled ones lie under `DATA_DIR`, in a folder named after the content of their sources. So the source
tree may be read-only, two versions of the shop do not disturb each other, and processes that start at the same time
write the same.
"""

import hashlib
import logging
import os
import secrets
from pathlib import Path

logger = logging.getLogger(__name__)


def _sources(source: Path) -> list[Path]:
    return sorted(source.glob("*/LC_MESSAGES/*.po"))


def folder(source: Path, data_dir: Path) -> Path:
    """Where the compiled catalogues of `source` belong."""
    digest = hashlib.sha256()
    for path in _sources(source):
        digest.update(path.read_bytes())
    return data_dir / "locale" / digest.hexdigest()[:16]


def compile_all(source: Path, target: Path) -> int:
    """Compile the catalogues of `source` that `target` lacks, and return how many those were.

    A target that cannot be written is logged: the texts are English then, unless a build left `.mo` files in `source`.
    """
    count = 0
    for path in _sources(source):
        compiled = target / path.relative_to(source).with_suffix(".mo")
        if compiled.exists():
            continue
        try:
            _compile(path, compiled)
        except OSError as problem:
            logger.warning("%s cannot be compiled to %s: %s", path, compiled, problem.strerror)
            continue
        count += 1
    return count


def _compile(path: Path, compiled: Path) -> None:
    from babel.messages.mofile import write_mo  # loaded only where something is to be compiled
    from babel.messages.pofile import read_po

    with path.open("rb") as stream:
        catalog = read_po(stream)
    compiled.parent.mkdir(parents=True, exist_ok=True)
    fresh = compiled.with_name(f"{compiled.name}.{secrets.token_hex(8)}")  # two containers may have the same process id
    with fresh.open("wb") as stream:
        write_mo(stream, catalog)
    os.replace(fresh, compiled)
