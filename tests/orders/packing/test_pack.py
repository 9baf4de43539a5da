"""Packing by scans: the slip opens the order, the carrier's number ships it, and the next one follows."""

import io

import pypdfium2
import pytest
import segno

from orders.documents import slips
from orders.lifecycle import Actor, Status
from orders.models import Order, Parcel
from orders.shipping import parcels
from orders.transitions import transition
from tests.orders.conftest import member_of
from tests.orders.shipping.conftest import prepared
from tests.support.factories import SellerFactory, make_order

pytestmark = [pytest.mark.slow, pytest.mark.django_db]
START = "/admin/pack/"


def page_of(order):
    return f"{START}{order.ref}/"


def ship(client, order, tracking="JJD-1", **more):
    return client.post(page_of(order), {"tracking": tracking, "seen": order.parcels.count(), **more})


def status(order):
    return Order.objects.get(pk=order.pk).status


@pytest.mark.parametrize("typing", [str.upper, str.lower, lambda ref: ref.replace("-", " ") + " "])
def test_a_scanned_slip_opens_its_order_however_it_was_typed(packer, typing):
    order = prepared(1)
    assert packer.get(START, {"code": typing(order.ref)})["Location"] == page_of(order)


@pytest.mark.parametrize("code", ["nothing", "<b>x</b>", "K7QF3-M2XD9"])
def test_an_unknown_code_is_said(packer, code):
    answer = packer.get(START, {"code": code}).content.decode()
    assert "There is no order" in answer
    assert "<b>x" not in answer


def test_the_page_has_what_goes_into_the_box_with_pictures_and_codes(packer):
    order = prepared(3, 1)
    shown = packer.get(page_of(order)).content.decode()
    for line, left in zip(order.lines.all(), (3, 1), strict=True):
        assert f'data-sku="{line.sku}" data-left="{left}"' in shown
        assert line.thumbnail in shown


def test_what_was_sent_before_is_not_in_the_box(packer):
    order = prepared(2, 1)
    first = order.lines.first()
    parcels.send(order.ref, {first.pk: 2}, actor="staff:1", tracking="T-1")
    shown = packer.get(page_of(order)).content.decode()
    assert f'data-sku="{first.sku}"' not in shown
    ship(packer, order, "T-2")
    assert status(order) == Status.SHIPPED


def test_the_number_ships_the_order_and_the_next_of_the_queue_follows(packer):
    first, second = prepared(1), prepared(1)
    answer = ship(packer, first, " JJD 77 ")
    assert answer["Location"] == f"{page_of(second)}?shipped={first.ref}"
    assert Parcel.objects.get(order=first).tracking == "JJD77"
    assert f"{first.ref} is shipped." in packer.get(answer["Location"]).content.decode()
    assert ship(packer, second, "JJD-78")["Location"] == f"{START}?shipped={second.ref}"
    assert "No order waits to be sent." in packer.get(START).content.decode()


@pytest.mark.parametrize("typed", ["", "   ", "a\x01b", "x" * 61])
def test_what_is_no_tracking_number_ships_nothing_and_stays(packer, typed):
    order = prepared(1)
    answer = ship(packer, order, typed)
    assert answer.status_code in (400, 409)
    assert status(order) == Status.PREPARING


def test_the_code_of_goods_or_of_a_slip_is_no_tracking_number(packer):
    order, other = prepared(1), prepared(1)
    for code in (order.lines.first().sku.lower(), other.lines.first().sku, other.ref, order.ref.lower()):
        answer = ship(packer, order, code)
        assert answer.status_code == 409
        assert "no tracking number" in answer.content.decode()
        assert f'value="{code}"' in answer.content.decode()
    assert status(order) == Status.PREPARING


def test_the_number_of_another_parcel_is_refused_in_words(packer):
    order, other = prepared(1), prepared(1)
    ship(packer, other, "JJD-1")
    answer = ship(packer, order, "JJD-1")
    assert answer.status_code == 409
    assert "another parcel" in answer.content.decode()


def test_two_who_pack_the_same_order_ship_it_once(packer):
    order = prepared(1)
    assert ship(packer, order, "JJD-1").status_code == 302
    assert packer.post(page_of(order), {"tracking": "JJD-2", "seen": 0}).status_code == 409
    assert order.parcels.count() == 1


def test_a_paid_order_is_begun_and_an_unpaid_one_is_not(packer):
    paid, unpaid = make_order(), make_order()
    transition(paid.ref, Status.PAID, by=Actor.GATEWAY, actor="gateway:test")
    assert "Start packing" in packer.get(page_of(paid)).content.decode()
    assert "Start packing" not in packer.get(page_of(unpaid)).content.decode()
    packer.post(page_of(paid), {"begin": "1"})
    assert status(paid) == Status.PREPARING
    assert packer.post(page_of(unpaid), {"begin": "1"}).status_code == 409
    assert status(unpaid) == Status.PLACED


@pytest.mark.parametrize("role", ["Support", "Catalogue", None])
def test_who_may_not_pack_is_refused(client, role):
    order = prepared(1)
    client.force_login(member_of(*([role] if role else [])))
    for path in (START, page_of(order)):
        assert client.get(path).status_code == 403
    assert ship(client, order).status_code == 403
    assert status(order) == Status.PREPARING


def test_a_stranger_is_asked_to_sign_in(client):
    order = prepared(1)
    for answer in (client.get(START), client.get(page_of(order)), ship(client, order)):
        assert answer.status_code == 302
        assert "/login/" in answer["Location"]


def test_these_pages_alone_may_use_the_camera(packer):
    order = prepared(1)
    for path in (START, page_of(order), f"{page_of(order)}?shipped=x"):
        assert "camera=(self)" in packer.get(path).headers["Permissions-Policy"]
        assert "microphone=()" in packer.get(path).headers["Permissions-Policy"]
    for path in ("/admin/", "/admin/orders/order/", "/"):
        assert "camera=()" in packer.get(path).headers["Permissions-Policy"]


def test_an_address_cannot_claim_that_an_order_was_shipped(packer):
    order = prepared(1)
    assert "is shipped" not in packer.get(f"{START}?shipped={order.ref}").content.decode()
    assert "<b>" not in packer.get(f"{START}?shipped=<b>x").content.decode().split('class="pack"')[1][:400]


def test_a_page_costs_the_same_however_much_is_in_the_box(packer, django_assert_max_num_queries):
    order = prepared(*[1] * 8)
    packer.get(page_of(order))
    with django_assert_max_num_queries(20):
        packer.get(page_of(order))


def test_the_code_on_the_slip_is_the_orders_reference():
    """As a scanner reads it: the modules on the paper are those of the reference's code."""
    SellerFactory()  # whose address stands above it
    order = prepared(1)
    picture = pypdfium2.PdfDocument(io.BytesIO(slips.packing_slip([order])))[0].render(scale=6).to_pil().convert("L")
    matrix = [list(row) for row in segno.make(order.ref, error="m", micro=False).matrix]
    assert _modules(picture, len(matrix)) == matrix


def _modules(picture, size):
    """What is black in the square of a code, which is the only dark shape in the upper right part of the slip."""
    width, height = picture.size
    part = picture.crop((int(width * 0.75), int(height * 0.16), width, int(height * 0.3)))
    dark = part.point(lambda brightness: 255 if brightness < 128 else 0)
    left, top, right, bottom = dark.getbbox()
    code = dark.crop((left, top, right, bottom))
    step = (right - left) / size
    return [
        [int(code.getpixel((int((x + 0.5) * step), int((y + 0.5) * step))) > 0) for x in range(size)]
        for y in range(size)
    ]
