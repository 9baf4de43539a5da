"""A phone whose browser reads no codes sends a picture of its camera; the shop reads it, and takes nothing else."""

import io
import re
import time

import pytest
from django.test import Client
from PIL import Image
from zxingcpp import BarcodeFormat

from orders.packing import codes, views
from tests.orders.conftest import member_of
from tests.support.code_pictures import bars, jpeg, qr, seen, written
from tests.support.factories import UserFactory
from tests.support.servers import ROOT

pytestmark = pytest.mark.django_db
ADDRESS = "/admin/pack/codes/"


def send(client, picture, kind="image/jpeg", **headers):
    return client.post(ADDRESS, picture, content_type=kind, headers=headers)


@pytest.mark.parametrize("turned", [0, 12, 90, 185])
@pytest.mark.parametrize("blurred", [0, 1.2])
@pytest.mark.parametrize(("make", "text"), [(qr, "K7QF3-M2XD9"), (bars, "MF-PAN-01")])
def test_a_code_is_read_turned_and_out_of_focus(packer, make, text, turned, blurred):
    answer = send(packer, jpeg(seen(make(text), turned=turned, blurred=blurred)))
    assert (answer.status_code, answer.json()) == (200, {"codes": [text]})
    assert "no-store" in answer["Cache-Control"]


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        (BarcodeFormat.EAN13, "4006381333931"),
        (BarcodeFormat.EAN8, "96385074"),
        (BarcodeFormat.UPCA, "036000291452"),
        (BarcodeFormat.Code39, "SHELF-7"),
        (BarcodeFormat.ITF, "12345670"),
        (BarcodeFormat.DataMatrix, "JJD-100"),
    ],
)
def test_codes_of_goods_and_carriers_read_as_browsers_read_them(kind, text):
    assert codes.read(jpeg(seen(bars(text, kind)))) == [text]


def test_the_server_reads_the_kinds_that_browsers_are_asked_for():
    script = (ROOT / "static/js/admin/read-in-browser.js").read_text()
    [listed] = re.findall(r"FORMATS = \[(.*?)\]", script, re.DOTALL)
    asked = {name.replace("_", "") for name in re.findall(r'"(\w+)"', listed)}
    assert asked == {kind.name.lower() for kind in codes.FORMATS}


def test_of_several_codes_the_one_that_was_aimed_at_is_first():
    one, other = qr("A-1"), qr("B-2")
    for corner in ((10, 10), (590, 390)):
        assert codes.read(jpeg(seen(one, other, at={1: corner}))) == ["A-1", "B-2"]
        assert codes.read(jpeg(seen(one, other, at={0: corner}))) == ["B-2", "A-1"]


def test_a_picture_without_a_code_has_none(packer):
    assert send(packer, jpeg(seen())).json() == {"codes": []}


def test_a_grey_picture_and_one_for_print_are_read():
    for mode in ("L", "CMYK"):
        assert codes.read(jpeg(seen(qr("A-1")).convert(mode))) == ["A-1"]


def test_what_is_no_whole_jpeg_is_refused(packer):
    whole = jpeg(seen(qr("A-1")))
    bodies = {
        "empty": b"",
        "text": b"no picture",
        "png": written(seen(qr("A-1")), "PNG"),
        "gif": written(seen(qr("A-1")), "GIF"),
        "begun": whole[:200],
        "truncated": whole[: len(whole) // 2],
        "head alone": whole[:3],
        "torn": whole[:400] + b"\xff\xc0\0\0" * 40,
    }
    for name, body in bodies.items():
        answer = send(packer, body)
        assert (answer.status_code, answer.json()["code"]) == (400, "unreadable"), name


def test_a_form_with_a_file_is_no_picture(packer):
    assert packer.post(ADDRESS, {"picture": io.BytesIO(jpeg(seen(qr("A-1"))))}).status_code == 400


def too_many_passes():
    """A progressive JPEG whose last pass is there a hundred times: a few bytes each, and the work of a picture."""
    *passes, last = jpeg(Image.new("RGB", (800, 800), "white"), progressive=True).split(b"\xff\xda")
    return b"\xff\xda".join([*passes, *[min(passes[1:], key=len)] * 100, last])


def test_a_picture_that_would_take_long_is_refused_before_it_is_decoded(packer, monkeypatch):
    wide = jpeg(Image.new("RGB", (1001, 1000)))
    huge = jpeg(Image.new("L", (8, 8))).replace(b"\x00\x08\x00\x08\x01", b"\xff\xff\xff\xff\x01")  # 65,535 × 65,535
    long = jpeg(seen(qr("A-1"))) + b"\0" * codes.MOST_BYTES
    monkeypatch.setattr(Image.Image, "convert", lambda *_: pytest.fail("it was decoded"))
    for body in (wide, huge, long, too_many_passes()):
        answer = send(packer, body)
        assert (answer.status_code, answer.json()["code"]) == (413, "too_large")


def test_the_largest_picture_that_the_page_may_send_is_read():
    noise = Image.effect_noise((800, 800), 200).convert("RGB")
    noise.paste(seen(qr("A-1"), size=(400, 400)), (200, 200))
    body = jpeg(noise)
    assert codes.MOST_BYTES / 4 < len(body) < codes.MOST_BYTES
    assert codes.read(body) == ["A-1"]


def test_a_person_has_a_limit_that_is_nobody_elses(packer, monkeypatch):
    monkeypatch.setattr(views, "PICTURES", 2)
    now = time.time()
    monkeypatch.setattr("shop.lib.rate_limits.time.time", lambda: now)  # one minute, however long it takes
    body = jpeg(seen(qr("A-1")))
    assert [send(packer, body).status_code for _ in range(3)] == [200, 200, 429]
    assert send(packer, body)["Retry-After"] == "60"
    other = Client()
    other.force_login(member_of("Fulfilment"))
    assert send(other, body).status_code == 200


@pytest.mark.parametrize("role", ["Catalogue", ""])
def test_who_may_not_pack_gets_nothing_read(client, role, monkeypatch):
    monkeypatch.setattr(codes, "read", lambda _: pytest.fail("it was read"))
    client.force_login(member_of(role) if role else UserFactory())
    assert send(client, jpeg(seen(qr("A-1")))).status_code in (302, 403)
    assert send(Client(), jpeg(seen(qr("A-1")))).status_code == 302


def test_a_picture_is_posted_with_the_token_of_the_page(monkeypatch):
    client = Client(enforce_csrf_checks=True)
    client.force_login(member_of("Fulfilment"))
    [token] = re.findall(r'data-camera.*?name="csrfmiddlewaretoken" value="(\w+)"', page_of(client), re.DOTALL)
    body = jpeg(seen(qr("A-1")))
    assert send(client, body, **{"X-CSRFToken": token}).json() == {"codes": ["A-1"]}
    monkeypatch.setattr(codes, "read", lambda _: pytest.fail("it was read"))
    assert send(client, body).status_code == 403
    assert client.get(ADDRESS).status_code == 405


def page_of(client):
    """The start page, which has no other form that is posted."""
    return client.get("/admin/pack/").content.decode()
