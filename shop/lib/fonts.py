"""Serves the fonts of the shop's pages, which `shop.lib.font_files` makes."""

import logging
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.staticfiles.finders import BaseFinder
from django.core.files.storage import FileSystemStorage, Storage

from shop.lib import font_files

logger = logging.getLogger(__name__)


class FontFinder(BaseFinder):
    """A finder of static files below `fonts/`: those that the set-up made, or else its own, below `DATA_DIR`.

    Where none can be made, pages are shown in fonts of the system.
    """

    def __init__(self, app_names: Any = None, ready: Path = font_files.BESIDE_THE_PACKAGES) -> None:
        self.ready = ready

    def check(self, **kwargs: Any) -> list[Any]:
        """Nothing of it can be configured wrong."""
        return []

    def find(self, path: str, find_all: bool = False, **kwargs: Any) -> Any:
        """The file; nothing for a path that is no font's."""
        folder = self._made() if path.startswith("fonts/") else None
        found = [str(folder / path)] if folder and path in _names(folder) else []
        return found if find_all or not found else found[0]

    def list(self, ignore_patterns: Iterable[str] | None) -> Iterator[tuple[str, Storage]]:
        """Each of them, for `collectstatic` and for WhiteNoise at its start."""
        if folder := self._made():
            storage = FileSystemStorage(location=folder)
            yield from ((name, storage) for name in sorted(_names(folder)))

    def _made(self) -> Path | None:
        ready = font_files.made_in(self.ready)
        if ready.exists():
            return ready
        try:
            return font_files.make(Path(settings.DATA_DIR))
        except OSError as problem:
            logger.warning("the fonts cannot be written below %s: %s", settings.DATA_DIR, problem.strerror)
            return None


def _names(folder: Path) -> set[str]:
    return {f"fonts/{path.name}" for path in (folder / "fonts").iterdir()}
