"""`manage.py docs`: write the pages that are generated from code; with `--check`, fail if one is not current."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from orders import documenting


class Command(BaseCommand):
    """Generated documentation."""

    help = "Write docs/lifecycle.md from the code."

    def add_arguments(self, parser: CommandParser) -> None:
        """Write, or only look."""
        parser.add_argument("--check", action="store_true")

    def handle(self, *args: Any, check: bool, **options: Any) -> None:
        """Each page."""
        for name, text in {"lifecycle.md": documenting.lifecycle()}.items():
            path = settings.BASE_DIR / "docs" / name
            if check:
                if not path.exists() or path.read_text() != text:
                    raise CommandError(f"docs/{name} is not current; run `make docs`.")
            else:
                path.write_text(text)
                self.stdout.write(f"docs/{name}")
