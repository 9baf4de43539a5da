"""What may be uploaded as a product's picture or as a photo, and the smaller ones that are made of it."""

import io
from collections.abc import Mapping
from typing import Any
from xml.parsers import expat  # a bare parser: it opens no other file

from django.core.files.base import ContentFile, File
from django.core.files.uploadedfile import UploadedFile
from django.db.models.fields.files import FieldFile
from django.utils.translation import gettext_lazy as _
from PIL import Image, ImageOps

WIDTHS = (160, 480, 960)
"""Pixels: in a cart, on a tile, on a product's page. A screen of twice the density takes the next one."""
QUALITY = 80
MOST_BYTES = 5_000_000
MOST_PIXELS = 40_000_000
# A camera writes MPO: a JPEG with a second picture behind the first. Browsers show the first.
FORMATS = frozenset({"PNG", "JPEG", "MPO", "WEBP"})
# Drawing programs declare short entities for their namespaces. Longer or nested ones are made to grow when they are
# read.
_ENTITIES, _ENTITY_LENGTH, _GROWN = 100, 500, 10_000_000


class NoPicture(ValueError):
    """The file cannot be taken. Its argument says why, for staff."""


def check(upload: UploadedFile) -> None:
    """Raises `NoPicture` for a file that is no SVG, PNG, JPEG or WebP picture, or too large.

    The file is at its beginning afterwards.
    """
    if not str(upload.name).lower().endswith(".svg"):
        check_photo(upload)
        return
    _check_size(upload, MOST_BYTES)
    try:
        _check_svg(upload.read())
    finally:
        upload.seek(0)


def check_photo(upload: UploadedFile, most_bytes: int = MOST_BYTES) -> None:
    """Raises `NoPicture` for a file that is no PNG, JPEG or WebP picture, or too large.

    The file is at its beginning afterwards.
    """
    _check_size(upload, most_bytes)
    try:
        _check_raster(upload)
    finally:
        upload.seek(0)


def _check_size(upload: UploadedFile, most_bytes: int) -> None:
    if (upload.size or 0) > most_bytes:
        raise NoPicture(_("This picture is larger than %(most)s MB.") % {"most": most_bytes // 1_000_000})


def smaller(picture: "File[Any]") -> tuple[int, dict[int, bytes]]:
    """The picture's own width, and the picture as WebP in each of `WIDTHS` below it, by its width.

    (0, none) for an SVG, which is sharp at every size. Raises `NoPicture` for a file that is damaged further in. The
    file is at its beginning afterwards.
    """
    if str(picture.name).lower().endswith(".svg"):
        return 0, {}
    try:
        with Image.open(picture, formats=("PNG", "JPEG", "WEBP")) as image:  # type: ignore[arg-type]
            size = image.size
            image.draft("RGB", (2 * WIDTHS[-1], 2 * WIDTHS[-1]))  # of a large JPEG not every pixel is decoded
            upright = ImageOps.exif_transpose(image)
            turned = (upright.width > upright.height) != (size[0] > size[1])
            whole = upright.convert("RGBA" if upright.has_transparency_data else "RGB")
            return size[1] if turned else size[0], {w: _webp(whole, w) for w in WIDTHS if w < whole.width}
    except Exception as problem:  # as in `_check_raster`
        raise _unreadable() from problem
    finally:
        picture.seek(0)


def bare(photo: "File[Any]", longest: int) -> bytes:
    """The photo upright as WebP, no side longer than `longest`, with its pixels alone: no place, time or camera.

    Raises `NoPicture` for a file that is damaged further in. The file is at its beginning afterwards.
    """
    try:
        with Image.open(photo, formats=("PNG", "JPEG", "WEBP")) as image:  # type: ignore[arg-type]
            image.draft("RGB", (2 * longest, 2 * longest))
            upright = ImageOps.exif_transpose(image).convert("RGB")
            upright.thumbnail((longest, longest), Image.Resampling.LANCZOS)
            pixels = Image.new("RGB", upright.size)  # what a file says beside its pixels stays in `upright.info`
            pixels.paste(upright)
            file = io.BytesIO()
            pixels.save(file, "WEBP", quality=QUALITY)
            return file.getvalue()
    except Exception as problem:  # as in `_check_raster`
        raise _unreadable() from problem
    finally:
        photo.seek(0)


def _webp(whole: Image.Image, width: int) -> bytes:
    file = io.BytesIO()
    height = max(1, round(whole.height * width / whole.width))
    whole.resize((width, height), Image.Resampling.LANCZOS).save(file, "WEBP", quality=QUALITY)
    return file.getvalue()


def store(picture: FieldFile, width: int, made: Mapping[int, bytes]) -> dict[str, str]:
    """Store the smaller pictures beside the whole one. Returns width → name in the storage, of all; none for an SVG."""
    if not picture or not made:
        return {}
    stem = str(picture.name).rpartition(".")[0]
    names = {str(w): picture.storage.save(f"{stem}.{w}.webp", ContentFile(content)) for w, content in made.items()}
    return names | {str(width): str(picture.name)}


def _unreadable() -> NoPicture:
    return NoPicture(_("This file is not a picture that browsers can show."))


def _check_raster(upload: UploadedFile) -> None:
    try:
        with Image.open(upload, formats=("PNG", "JPEG", "WEBP")) as image:  # type: ignore[arg-type]
            if image.width * image.height > MOST_PIXELS:
                raise NoPicture(_("This picture has more than 40 megapixels."))
            image.verify()
            known = image.format in FORMATS
    except NoPicture:
        raise
    except Image.DecompressionBombError:
        raise NoPicture(_("This picture has more than 40 megapixels.")) from None
    except Exception as problem:  # Pillow's decoders raise errors of many kinds for a damaged file
        raise _unreadable() from problem
    if not known:
        raise _unreadable()


def _check_svg(content: bytes) -> None:
    """A well-formed document whose root is `svg`. One pass over the file, whatever it holds."""
    roots: list[str] = []
    declared: list[int] = []

    def element(name: str, _attributes: dict[str, str]) -> None:
        roots.append(name)
        parser.StartElementHandler = None

    def entity(_name: str, parameter: bool, value: str | None, *_: Any) -> None:
        declared.append(len(value or ""))
        # No value: the entity is another file. A parameter entity holds further declarations.
        nested = parameter or value is None or "&" in value
        if nested or declared[-1] > _ENTITY_LENGTH or len(declared) > _ENTITIES:
            raise _unreadable()

    parser = expat.ParserCreate(namespace_separator=" ")
    parser.StartElementHandler = element
    parser.EntityDeclHandler = entity
    try:
        parser.Parse(content, True)
    except (expat.ExpatError, LookupError, ValueError) as problem:
        raise _unreadable() from problem
    if roots[0].rpartition(" ")[2] != "svg" or max(declared, default=0) * content.count(b"&") > _GROWN:
        raise _unreadable()
