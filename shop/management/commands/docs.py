"""`manage.py docs`: write the pages that are generated from code; with `--check`, fail if one is not current."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from events.operations import schemas
from orders import lifecycle_docs


class Command(BaseCommand):
    """Generated documentation."""

    help = "Write docs/lifecycle.md, docs/asyncapi.json and the schemas in docs/events/ from the code."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--check", action="store_true")

    def handle(self, *args: Any, check: bool, **options: Any) -> None:
        stale = []
        for name, text in {"lifecycle.md": lifecycle_docs.lifecycle(), **schemas.pages()}.items():
            path = settings.BASE_DIR / "docs" / name
            if path.exists() and path.read_text() == text:
                continue
            stale.append(f"docs/{name}")
            if not check:
                path.parent.mkdir(exist_ok=True)
                path.write_text(text)
                self.stdout.write(f"docs/{name}")
        if check and stale:
            raise CommandError(f"Not current: {', '.join(stale)}. Run `make docs`.")
