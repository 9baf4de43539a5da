"""`manage.py make_pictures`: the smaller sizes of pictures that were uploaded before there were any."""

from typing import Any

from django.core.management.base import BaseCommand

from shop.catalog import pictures
from shop.catalog.models import Product


class Command(BaseCommand):
    """A second run makes only what is still missing. A picture that cannot be read is named and stays as it is."""

    help = "Make the smaller sizes of product pictures that have none."

    def handle(self, *args: Any, **options: Any) -> None:
        """One product after the other, so that a run that is stopped has not been in vain."""
        made = 0
        for product in Product.objects.exclude(picture="").filter(picture_sizes={}).order_by("pk").iterator():
            try:
                with product.picture.open() as file:
                    found = pictures.smaller(file)
            except (pictures.NoPicture, OSError) as problem:
                self.stdout.write(f"{product.slug}: {problem.args[0] if problem.args else problem}")
                continue
            if sizes := pictures.store(product.picture, *found):
                product.picture_sizes = sizes
                product.save(update_fields=["picture_sizes"])
                made += 1
        self.stdout.write(f"Smaller sizes of {made} pictures were made.")
