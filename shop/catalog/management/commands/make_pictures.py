"""`manage.py make_pictures`: the smaller sizes of pictures that were uploaded before there were any."""

from typing import Any

from django.core.management.base import BaseCommand

from shop.catalog import pictures
from shop.catalog.models import Picture, Product


class Command(BaseCommand):
    """A second run makes only what is still missing. A picture that cannot be read is named and stays as it is."""

    help = "Make the smaller sizes of product pictures that have none."

    def handle(self, *args: Any, **options: Any) -> None:
        """One product after the other, so that a run that is stopped has not been in vain."""
        bare = Product.objects.exclude(picture="").filter(picture_sizes={}).order_by("pk")
        made = sum(self._make(row, "picture", "picture_sizes", row.slug) for row in bare.iterator())
        further = Picture.objects.filter(sizes={}).select_related("product").order_by("pk")
        made += sum(self._make(row, "file", "sizes", row.product.slug) for row in further.iterator())
        self.stdout.write(f"Smaller sizes of {made} pictures were made.")

    def _make(self, row: Any, file: str, sizes: str, named: str) -> bool:
        """Whether smaller ones of this row's picture were made; it keeps them in the column `sizes`."""
        picture = getattr(row, file)
        try:
            with picture.open() as content:
                found = pictures.smaller(content)
        except (pictures.NoPicture, OSError) as problem:
            self.stdout.write(f"{named}: {problem.args[0] if problem.args else problem}")
            return False
        stored = pictures.store(picture, *found)
        if stored:
            setattr(row, sizes, stored)
            row.save(update_fields=[sizes])
        return bool(stored)
