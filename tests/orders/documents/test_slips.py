"""The papers of the packing table, as PDF: what stands on them, for whom, in which language."""

import pypdfium2
import pytest
from django.urls import reverse

from orders.documents import slips
from orders.lifecycle import IN_HAND, Actor, Status
from orders.models import Order, Parcel
from orders.returns import service
from orders.shipping import parcels
from orders.transitions import transition
from tests.orders.conftest import member_of
from tests.orders.shipping.conftest import prepared
from tests.support.factories import SellerFactory
from tests.support.pdf import says, text

pytestmark = [pytest.mark.slow, pytest.mark.django_db]


@pytest.fixture
def order(db):
    SellerFactory()
    return prepared(3, 2)


def send(order, *quantities):
    wanted = dict(zip([line.pk for line in order.lines.all()], quantities, strict=True))
    parcels.send(order.ref, wanted, actor="staff:1", tracking="T-1")
    return Parcel.objects.last()


def test_the_packing_slip_has_what_is_still_to_be_packed(order):
    send(order, 2, 0)
    said = text(slips.packing_slip([order]))
    assert "Packing slip" in said
    assert f"Thing 0 {order.lines.all()[0].sku} 1" in said
    assert f"Thing 1 {order.lines.all()[1].sku} 2" in said


@pytest.mark.parametrize("status", sorted(set(Status) - IN_HAND))
def test_what_nobody_has_paid_and_what_has_ended_is_not_packed(order, status):
    order.status = status  # not stored: only the papers are looked at
    for paper in (slips.packing_slip([order]), slips.pick_list([order])):
        assert "Thing" not in text(paper)
    assert str(order.get_status_display()) in text(slips.packing_slip([order]))


def test_the_delivery_note_has_what_is_in_the_parcel_in_the_shoppers_language_and_no_price(order):
    order.language = "zh-hans"
    order.save(update_fields=["language"])
    said = text(slips.delivery_note(send(order, 2, 0)))
    assert "Thing 0" in said
    assert "Thing 1" not in said
    assert "Delivery note" not in said
    assert "5.00" not in said


def test_the_label_has_the_address_and_the_number(order):
    said = text(slips.label(send(order, 3, 2)))
    assert "Ann Example" in said
    assert "10115 Berlin" in said
    assert "T-1" in said
    assert "Kastanienweg 7" in said


def test_the_return_label_is_addressed_to_the_seller(order):
    send(order, 3, 2)
    found = service.request(order.ref, {order.lines.first().pk: 1}, reason="fit", wish="refund")
    label = slips.return_label(found)
    said = text(label)
    assert says(label, found.number)
    assert said.index("Ann Example") < said.index("Morrow & Finch GmbH")


def test_the_pick_list_adds_up_over_orders(order):
    other = prepared(1)
    line = other.lines.get()
    line.sku, line.title = order.lines.first().sku, "Thing 0"
    line.save()
    picked = slips.pick_list([order, other])
    assert says(picked, f"3 → {order.ref}, 1 → {other.ref}")
    assert "4" in text(picked)


def test_a_name_with_a_rare_character_stops_no_label(order):
    order.name = "Ann 🦊 Example"
    order.save(update_fields=["name"])
    assert b"%PDF-" in slips.label(send(order, 3, 2))


def test_a_label_is_for_what_is_packed_next_else_for_each_parcel(order):
    other, ended = prepared(1), prepared(1)
    transition(ended.ref, Status.CANCELLED, by=Actor.STAFF, actor="staff:1")

    def printed():
        pages = pypdfium2.PdfDocument(slips.labels(Order.objects.order_by("pk")))
        return [page.get_textpage().get_text_bounded() for page in pages]

    send(order, 2, 0)
    first, second = printed()
    assert order.ref in first
    assert "T-1" not in first  # that parcel has left
    assert other.ref in second
    parcels.send(order.ref, None, actor="staff:1", tracking="T-2")
    assert [[each for each in ("T-1", "T-2", other.ref) if each in page] for page in printed()] == [
        ["T-1"],
        ["T-2"],
        [other.ref],
    ]


def test_staff_get_them_from_the_orders_page_and_the_list(client, order):
    parcel = send(order, 2, 0)
    client.force_login(member_of("Fulfilment"))
    for name, args in (("label", [parcel.pk]), ("delivery_note", [parcel.pk]), ("packing_slip", [])):
        answer = client.get(reverse(f"admin:orders_order_{name}", args=[order.pk, *args]))
        assert (answer.status_code, answer["Content-Type"]) == (200, "application/pdf")
    for action in ("pick_list", "packing_slips", "labels"):
        answer = client.post("/admin/orders/order/", {"action": action, "_selected_action": [order.pk]})
        assert (answer.status_code, answer["Content-Type"]) == (200, "application/pdf")


def test_who_may_not_see_orders_gets_no_paper(client, order):
    parcel = send(order, 2, 0)
    client.force_login(member_of("Catalogue"))
    for name, args in (("label", [parcel.pk]), ("delivery_note", [parcel.pk]), ("packing_slip", [])):
        assert client.get(reverse(f"admin:orders_order_{name}", args=[order.pk, *args])).status_code == 403
