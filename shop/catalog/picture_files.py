"""The addresses of a stored picture and of its smaller ones. `sizes` is width in pixels → name in the storage."""

from collections.abc import Mapping

from django.db.models.fields.files import FieldFile


def smallest(file: FieldFile, sizes: Mapping[str, str]) -> str:
    """Where a page finds the smallest one; "" where there is one size for all."""
    return str(file.storage.url(sizes[min(sizes, key=int)])) if sizes else ""


def srcset(file: FieldFile, sizes: Mapping[str, str]) -> str:
    """The `srcset` of a picture: each address with its width; "" where there is one size for all."""
    found = sorted((int(width), name) for width, name in sizes.items())
    return ", ".join(f"{file.storage.url(name)} {width}w" for width, name in found)
