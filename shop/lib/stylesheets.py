"""Joins the stylesheets that `static/css/shop.css` imports, so that a page waits for one file.

A browser would fetch each import after the other. The joined file lies under `DATA_DIR`, in a folder named after its
content, as the message catalogues do: the source tree may be read-only, two versions of the shop do not disturb each
other, and processes that start at the same time write the same.
"""

import hashlib
import logging
import os
import re
import secrets
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.staticfiles.finders import BaseFinder
from django.core.files.storage import FileSystemStorage, Storage

logger = logging.getLogger(__name__)
JOINED = "css/shop.css"
IMPORT = re.compile(r'@import url\("([^"]+)"\);')
COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
INDENTATION = re.compile(r"\s*\n\s*")


def join(source: Path) -> str:
    """The text of `source` with what it imports in place of each import, without comments and indentation."""
    text = IMPORT.sub(lambda found: (source.parent / found[1]).read_text(), source.read_text())
    return INDENTATION.sub("\n", COMMENT.sub("", text)).strip()


class JoinedFinder(BaseFinder):
    """A finder of static files that gives the joined file under the name of the one with the imports.

    It stands before Django's finders. Where the joined file cannot be written, theirs is served: slower, and the same.
    """

    def __init__(self, app_names: Any = None, source: Path = settings.BASE_DIR / "static" / JOINED) -> None:
        self.source = source

    def check(self, **kwargs: Any) -> list[Any]:
        """Nothing of it can be configured wrong."""
        return []

    def find(self, path: str, find_all: bool = False, **kwargs: Any) -> Any:
        """The joined file; nothing for any other path."""
        folder = self._made() if path == JOINED else None
        found = [str(folder / JOINED)] if folder else []
        return found if find_all or not found else found[0]

    def list(self, ignore_patterns: Iterable[str] | None) -> Iterator[tuple[str, Storage]]:
        """The joined file alone, for `collectstatic` and for WhiteNoise at its start."""
        if folder := self._made():
            yield JOINED, FileSystemStorage(location=folder)

    def _made(self) -> Path | None:
        text = join(self.source)
        folder = Path(settings.DATA_DIR) / "styles" / hashlib.sha256(text.encode()).hexdigest()[:16]
        made = folder / JOINED
        if made.exists():
            return folder
        try:
            made.parent.mkdir(parents=True, exist_ok=True)
            fresh = made.with_name(f"{made.name}.{secrets.token_hex(8)}")
            fresh.write_text(text)
            os.replace(fresh, made)
        except OSError as problem:
            logger.warning("%s cannot be written: %s", made, problem.strerror)
            return None
        return folder
