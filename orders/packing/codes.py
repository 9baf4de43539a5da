"""The codes in a picture of a phone's camera, for browsers that read none themselves."""

import io
import math

import zxingcpp
from PIL import Image
from zxingcpp import BarcodeFormat as Format

MOST_BYTES = 500_000
"""What noise of 800 × 800 pixels needs, and more: the page sends no picture with a longer side."""
MOST_PIXELS = 1_000_000
MOST_SCANS = 20
"""Passes of a JPEG over its picture. Programs write up to ten; one takes a few bytes, and time for all the pixels."""
FORMATS = (
    Format.QRCode,
    Format.Code128,
    Format.Code39,
    Format.EAN13,
    Format.EAN8,
    Format.UPCA,
    Format.ITF,
    Format.DataMatrix,
)
"""Those of `static/js/admin/read-in-browser.js`."""
_START_OF_SCAN = b"\xff\xda"


class UnreadablePicture(ValueError):
    """What was sent is no whole JPEG."""


class TooLarge(ValueError):
    """The picture has more bytes, pixels or passes than the page sends."""


def read(picture: bytes) -> list[str]:
    """What the codes in a JPEG say, the one nearest to its middle first.

    Raises `UnreadablePicture` and `TooLarge`.
    """
    if len(picture) > MOST_BYTES or picture.count(_START_OF_SCAN) > MOST_SCANS:
        raise TooLarge
    grey = _decoded(picture)
    found = zxingcpp.read_barcodes(grey, zxingcpp.BarcodeFormats(FORMATS), text_mode=zxingcpp.TextMode.Plain)
    middle = (grey.width / 2, grey.height / 2)
    return [_text(code) for code in sorted(found, key=lambda code: _distance(code, middle)) if code.text]


def _decoded(picture: bytes) -> Image.Image:
    try:
        with Image.open(io.BytesIO(picture), formats=("JPEG",)) as image:
            if image.width * image.height > MOST_PIXELS:
                raise TooLarge
            image.draft("L", image.size)  # the colours of a JPEG stand apart: they are not decoded
            return image.convert("L")
    except TooLarge:
        raise
    except Image.DecompressionBombError:
        raise TooLarge from None
    except Exception as problem:  # Pillow's decoders raise errors of many kinds for a damaged file
        raise UnreadablePicture from problem


def _text(code: zxingcpp.Barcode) -> str:
    """Its text as browsers give it: an EAN-13 that begins with 0 is a UPC-A, which goods carry without the 0."""
    return code.text.removeprefix("0") if code.format in (Format.EAN13, Format.UPCA) else code.text


def _distance(code: zxingcpp.Barcode, middle: tuple[float, float]) -> float:
    one, opposite = code.position.top_left, code.position.bottom_right
    return math.dist(((one.x + opposite.x) / 2, (one.y + opposite.y) / 2), middle)
