"""A note or message that is too long is refused with its length, wherever it is sent: it is not cut, and not lost."""

import html
import re
import uuid

import pytest
from django.urls import reverse

from orders.models import BulkMove, CustomerNote, Order, OrderNote, Parcel
from orders.staff_input import LONGEST
from tests.orders.conftest import move_url
from tests.orders.shipping.conftest import prepared
from tests.orders.test_bulk_moves import LIST, ask, sent_by
from tests.support.factories import make_order

pytestmark = [pytest.mark.slow, pytest.mark.django_db]
LONG = "x" * (LONGEST + 1)


def refused_whole(answer, name, **others):
    """The page has the sentence, all of the text, and everything else of the form. Returns what it would send."""
    page = answer.content.decode()
    assert answer.status_code == 422
    assert f"has at most {LONGEST} characters; this one has {LONGEST + 1}" in page
    texts = re.findall(r'<textarea name="(\w+)"[^>]*>([^<]*)</textarea>', page)
    fields = re.findall(r'<input type="hidden" name="([\w-]+)" value="([^"]*)"', page)
    again = {field: html.unescape(text) for field, text in [*fields, *texts]}
    assert again[name] == LONG
    assert others.items() <= again.items()
    return again


@pytest.mark.parametrize("name", ["note", "message"])
@pytest.mark.parametrize("target", ["paid", "cancelled"])
def test_a_move_is_not_made_and_made_once_the_text_is_shorter(staff, name, target):
    order = make_order()
    sent = {name: LONG, "reference": "receipt 7", "from": "placed"} | ({"confirmed": "1"} if target != "paid" else {})
    again = refused_whole(staff.post(move_url(order, target), sent), name, reference="receipt 7")
    assert Order.objects.get(pk=order.pk).status == "placed"
    staff.post(move_url(order, target), again | {name: LONG[1:]})
    order.refresh_from_db()
    assert (order.status, order.timeline[-1][name]) == (target, LONG[1:])


def test_a_final_move_is_not_asked_about_with_half_a_message(staff):
    refused_whole(staff.post(move_url(make_order(), "cancelled"), {"message": LONG}), "message")


@pytest.mark.parametrize("name", ["note", "message"])
def test_a_parcel_is_not_sent_and_keeps_its_number(staff, name):
    order = prepared()
    again = refused_whole(
        staff.post(move_url(order, "shipped"), {name: LONG, "tracking": "TRK-7", "seen": "0"}), name, tracking="TRK-7"
    )
    assert not Parcel.objects.exists()
    staff.post(move_url(order, "shipped"), again | {name: "short"})
    assert Parcel.objects.get().tracking == "TRK-7"


@pytest.mark.parametrize("as_a_job", [False, True])
def test_many_orders_stay_as_they_are_and_stay_chosen(staff, monkeypatch, as_a_job):
    orders = [make_order(), make_order()]
    monkeypatch.setattr("orders.bulk.actions.AT_ONCE", 1 if as_a_job else 50)
    fields = sent_by(ask(staff, "paid", orders))
    again = refused_whole(staff.post(LIST, fields | {"note": LONG}), "note", orders=fields["orders"])
    assert not BulkMove.objects.exists()
    assert set(Order.objects.values_list("status", flat=True)) == {"placed"}
    staff.post(LIST, again | {"note": "short"})
    if as_a_job:
        assert BulkMove.objects.get().note == "short"
    else:
        assert [order.timeline[-1]["note"] for order in Order.objects.all()] == ["short", "short"]


def test_notes_on_an_order_and_on_a_customer_are_kept_once_they_are_shorter(staff):
    order, key = make_order(), str(uuid.uuid4())
    for page, kept in (
        (reverse("admin:orders_order_note", args=[order.pk]), OrderNote),
        (f"/admin/customers/guest/{order.pk}/", CustomerNote),
    ):
        again = refused_whole(staff.post(page, {"note": LONG, "key": key}), "note", key=key)
        assert not kept.objects.exists()
        staff.post(page, again | {"note": LONG[1:]})
        assert kept.objects.get().body == LONG[1:]


def test_a_preview_says_of_the_note_too_that_it_is_too_long(staff):
    order = make_order()
    page = move_url(order, "paid").replace("/move/", "/preview/")
    answer = staff.post(page, {"from": "placed", "note": LONG, "message": "y" * LONGEST * 9})
    assert answer.status_code == 422
    assert f"this one has {LONGEST * 9}" in answer.content.decode()
    assert LONG in answer.content.decode()
    assert "y" * LONGEST * 9 in answer.content.decode()
    assert f"A note has at most {LONGEST}" in staff.post(page, {"from": "placed", "note": LONG}).content.decode()


def test_line_ends_are_counted_as_the_field_counts_them(staff):
    order = make_order()
    staff.post(move_url(order, "paid"), {"note": "\r\n".join(["x"] * (LONGEST // 2)) + "x"})
    assert Order.objects.get(pk=order.pk).status == "paid"
