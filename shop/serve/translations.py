"""Message catalogues, compiled at start: Babel does it without gettext, and no binary lies in the repository."""

import os
from pathlib import Path

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from django.conf import settings


def compile_all() -> int:
    """Compile what is older than its source. Returns how many."""
    count = 0
    for folder in settings.LOCALE_PATHS:
        for source in Path(folder).glob("*/LC_MESSAGES/*.po"):
            target = source.with_suffix(".mo")
            if target.exists() and target.stat().st_mtime >= source.stat().st_mtime:
                continue
            with source.open("rb") as stream:
                catalog = read_po(stream)
            fresh = target.with_name(f"{target.name}.{os.getpid()}")
            with fresh.open("wb") as stream:
                write_mo(stream, catalog)
            os.replace(fresh, target)
            count += 1
    return count
