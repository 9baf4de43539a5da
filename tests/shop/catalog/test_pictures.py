"""Pictures: files of real programs and cameras are accepted; other files, huge ones and bombs are refused."""

import io
import time

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image

from shop.catalog import pictures
from shop.catalog.admin import ProductForm

SVG = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 10 10"><rect width="10" height="10"/></svg>'
DOCTYPE = '<!DOCTYPE svg PUBLIC "-//W3C//DTD SVG 1.1//EN" "http://www.w3.org/Graphics/SVG/1.1/DTD/svg11.dtd">'


def drawn(kind, size=(3, 3), mode="RGB", **options):
    file = io.BytesIO()
    Image.new(mode, size).save(file, kind, **options)
    return file.getvalue()


def refusal(name, content):
    """Why the file is refused, "" if it is taken."""
    upload = SimpleUploadedFile(name, content)
    try:
        pictures.check(upload)
    except pictures.NoPicture as problem:
        return str(problem.args[0])
    finally:
        assert upload.read() == content  # still there, to be stored
    return ""


def entities(*declared):
    return f"<!DOCTYPE svg [{''.join(declared)}]>"


TAKEN = {
    "plain.svg": SVG.encode(),
    "declared.svg": b'<?xml version="1.0" encoding="utf-8" standalone="no"?>\n' + SVG.encode(),
    "doctype.svg": f'<?xml version="1.0"?>\n<!-- Made by a drawing program -->\n{DOCTYPE}\n{SVG}'.encode(),
    "bom.svg": b"\xef\xbb\xbf" + SVG.encode(),
    "utf-16.svg": f'<?xml version="1.0" encoding="utf-16"?>{SVG}'.encode("utf-16"),
    "latin.svg": '<?xml version="1.0" encoding="iso-8859-1"?><!-- Tür -->'.encode("latin-1") + SVG.encode(),
    "style.svg": b'<?xml-stylesheet type="text/css" href="x.css"?>' + SVG.encode(),
    "prefix.svg": b'<s:svg xmlns:s="http://www.w3.org/2000/svg"/>',
    "namespaces.svg": (
        entities('<!ENTITY ns_svg "http://www.w3.org/2000/svg">', '<!ENTITY ns_x "http://www.w3.org/1999/xlink">')
        + '<svg xmlns="&ns_svg;" xmlns:xlink="&ns_x;"/>'
    ).encode(),
    "comments.svg": b"<!-- a -->\n<!-- b -->\n" + SVG.encode(),
    "CAPITALS.SVG": SVG.encode(),
    "photo.jpg": drawn("JPEG"),
    "cmyk.jpg": drawn("JPEG", mode="CMYK"),
    "two-in-one.jpg": drawn("MPO", save_all=True, append_images=[Image.new("RGB", (3, 3))]),
    "photo.webp": drawn("WEBP"),
    "moving.webp": drawn("WEBP", save_all=True, append_images=[Image.new("RGB", (3, 3), "red")]),
    "photo.png": drawn("PNG"),
}  # fmt: skip


@pytest.mark.parametrize("name", TAKEN)
def test_a_picture_as_programs_write_it_is_taken(name):
    assert refusal(name, TAKEN[name]) == ""


REFUSED = {
    "page.svg": b"<html><script>1</script></html>",
    "nothing.svg": b"",
    "text.svg": b"just words",
    "broken.svg": SVG[:-6].encode(),
    "more-behind.svg": SVG.encode() + b"<script/>",
    "zeros.svg": bytes(300),
    "unknown-encoding.svg": b'<?xml version="1.0" encoding="no-such"?>' + SVG.encode(),
    "page.png": b"<html>",
    "nothing.jpg": b"",
    "cut.png": drawn("PNG", (50, 50))[:-30],
    "bitmap.png": drawn("BMP"),
    "moving.jpg": drawn("GIF"),
    "icon.webp": drawn("ICO", (16, 16)),
    "vector.png": SVG.encode(),
    "nested.svg": (entities('<!ENTITY a "ha">', '<!ENTITY b "&a;&a;">') + "<svg>&b;</svg>").encode(),
    "other-file.svg": (entities('<!ENTITY a SYSTEM "file:///etc/passwd">') + "<svg>&a;</svg>").encode(),
    "other-host.svg": (entities('<!ENTITY a PUBLIC "x" "http://127.0.0.1/">') + "<svg>&a;</svg>").encode(),
    "parameter.svg": (entities("<!ENTITY % a \"<!ENTITY b SYSTEM '/x'>\">", "%a;") + "<svg>&b;</svg>").encode(),
    "long-entity.svg": (entities(f'<!ENTITY a "{"x" * 5000}">') + "<svg>&a;</svg>").encode(),
    "many-entities.svg": (entities(*(f'<!ENTITY a{n} "x">' for n in range(200))) + "<svg/>").encode(),
    "many-times.svg": (entities(f'<!ENTITY a "{"x" * 200}">') + f"<svg>{'&a;' * 100_000}</svg>").encode(),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_no_picture_is_refused_whatever_its_name_says(name):
    assert "not a picture" in refusal(name, REFUSED[name])


@pytest.mark.parametrize(
    "content",
    [
        b"<!---->" * 40 + b"x",
        b"<!---->" * 100_000 + b"x",
        b"<!--" + b"-->" * 100_000,
        b"<?xml " + b"?" * 1_000_000,
        b" " * 4_900_000,
        b"<" * 1_000_000,
        b"<svg>" + b"<g>" * 1_000_000,
        b"<svg " + b"a" * 4_900_000,
        b"<!DOCTYPE svg [" + b"<!ENTITY a 'b'>" * 100_000,
    ],
    ids=range(9),
)
def test_no_file_holds_the_process(content):
    began = time.perf_counter()
    assert refusal("a.svg", content)
    assert time.perf_counter() - began < 1


def test_a_file_of_more_than_five_megabytes_is_refused():
    assert "5 MB" in refusal("a.svg", SVG.encode() + b" " * pictures.MOST_BYTES)
    assert refusal("a.svg", SVG.encode() + b" " * 4_900_000) == ""


@pytest.mark.slow
def test_a_picture_of_more_than_forty_megapixels_is_refused():
    assert "40 megapixels" in refusal("a.png", drawn("PNG", (8000, 5001), "1"))
    assert refusal("a.png", drawn("PNG", (8000, 5000), "1")) == ""
    assert "40 megapixels" in refusal("a.png", drawn("PNG", (20_000, 10_000), "1"))


@pytest.mark.django_db
def test_the_form_of_a_product_says_why(settings):
    form = ProductForm(data={}, files={"picture": SimpleUploadedFile("a.svg", b"<html/>")})
    assert form.errors["picture"] == ["This file is not a picture that browsers can show."]
    form = ProductForm(data={}, files={"picture": SimpleUploadedFile("a.svg", SVG.encode())})
    assert "picture" not in form.errors
