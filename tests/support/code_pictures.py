"""Pictures of codes as a phone's camera takes them."""

import io

import segno
import zxingcpp
from PIL import Image, ImageFilter
from zxingcpp import BarcodeFormat


def qr(text):
    """A QR code as the packing slip has it."""
    file = io.BytesIO()
    segno.make(text, error="m", micro=False).save(file, kind="png", scale=6, border=4)
    return Image.open(file).convert("L")


def bars(text, kind=BarcodeFormat.Code128):
    """A code as goods and labels have it."""
    code = zxingcpp.create_barcode(text, kind).to_image(scale=3, add_quiet_zones=True)
    return Image.fromarray(code).convert("L")


def seen(*codes, turned=0, blurred=0.0, size=(800, 600), at=None):
    """A grey table with these codes on it, side by side from its middle or where it is said."""
    table = Image.new("L", size, 190)
    for n, code in enumerate(codes):
        paper = code.rotate(turned, expand=True, fillcolor=255)
        x, y = (at or {}).get(n, ((size[0] - paper.width) // 2, (size[1] - paper.height) // 2))
        table.paste(paper, (x, y))
    return table.filter(ImageFilter.GaussianBlur(blurred)).convert("RGB")


def jpeg(picture, **options):
    """Its bytes, as a canvas writes them."""
    return written(picture, "JPEG", **{"quality": 80, **options})


def written(picture, kind, **options):
    """Its bytes as a file of that kind."""
    file = io.BytesIO()
    picture.save(file, kind, **options)
    return file.getvalue()
