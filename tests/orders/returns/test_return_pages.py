"""The pages of a return: the shopper's form, their return, its label, and the staff's buttons and queue."""

import pytest
from django.urls import reverse

from orders.models import Order, Return
from orders.returns import service
from orders.returns.lifecycle import State
from tests.orders.conftest import admin_page, member_of
from tests.orders.returns.conftest import eur, lines
from tests.support.factories import SellerFactory, UserFactory

pytestmark = pytest.mark.slow


@pytest.fixture
def shopper(client, sent):
    user = UserFactory()
    sent.user = user
    sent.save(update_fields=["user"])
    client.force_login(user)
    return client


def form(order, *quantities, **changed):
    fields = {f"line-{pk}": str(n) for pk, n in lines(order, *quantities).items()}
    return fields | {"reason": "fit", "wish": "refund", "comment": "too small"} | changed


def address(order):
    return reverse("orders:ask_return", args=[order.ref])


def test_the_form_makes_a_return_and_leads_to_its_page(shopper, sent):
    page = shopper.post(address(sent), form(sent, 2, 0), follow=True)
    found = Return.objects.get()
    assert page.redirect_chain[-1][0] == reverse("orders:return", args=[sent.ref, 1])
    assert (found.comment, found.lines.get().quantity) == ("too small", 2)
    assert "We look at it and answer soon." in page.content.decode()


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({}, "Please choose what you want to send back."),
        ({"reason": "boredom"}, "Select a valid choice."),
        ({"wish": ""}, "This field is required."),
        ({"comment": "x" * 1001}, "at most 1000 characters"),
    ],
)
def test_a_wrong_form_is_said_beside_it_and_kept(shopper, sent, changed, said):
    quantities = (0, 0) if not changed else (1, 0)
    answer = shopper.post(address(sent), form(sent, *quantities, **changed))
    assert answer.status_code == 422
    assert said in answer.content.decode()
    assert not Return.objects.exists()


def test_more_than_was_sent_is_refused(shopper, sent):
    assert shopper.post(address(sent), form(sent, 4, 0)).status_code == 422
    assert not Return.objects.exists()


def test_who_only_looks_and_strangers_ask_for_nothing(client, sent):
    for visitor in (None, UserFactory()):
        if visitor:
            client.force_login(visitor)
        assert client.get(address(sent)).status_code == 404
        assert client.post(address(sent), form(sent, 1, 0)).status_code == 404


def test_the_shopper_says_that_it_is_on_its_way_and_keeps_it_once(shopper, sent):
    made = service.request(sent.ref, lines(sent, 1, 0), reason="fit", wish="refund")
    moves = [reverse("orders:move_return", args=[sent.ref, 1, t]) for t in ("on_its_way", "withdrawn", "refunded")]
    shopper.post(moves[0])
    assert Return.objects.get().state == State.REQUESTED
    service.move(sent.ref, 1, State.APPROVED, by="staff", actor="staff:1")
    page = shopper.post(moves[0], {"tracking": " R 1 "}, follow=True).content.decode()
    made.refresh_from_db()
    assert (made.state, made.tracking) == (State.ON_ITS_WAY, "R1")
    assert "We tell you when it is here." in page
    shopper.post(moves[1])
    shopper.post(moves[2])
    made.refresh_from_db()
    assert made.state == State.ON_ITS_WAY


def test_the_label_is_there_once_the_shop_agrees(shopper, sent):
    SellerFactory()
    service.request(sent.ref, lines(sent, 1, 0), reason="fit", wish="refund")
    label = reverse("orders:return_label", args=[sent.ref, 1])
    assert shopper.get(label).status_code == 404
    service.move(sent.ref, 1, State.APPROVED, by="staff", actor="staff:1")
    answer = shopper.get(label)
    assert (answer["Content-Type"], answer.content[:5]) == ("application/pdf", b"%PDF-")
    assert shopper.get(reverse("orders:return_label", args=[sent.ref, 2])).status_code == 404


# -- Staff ----------------------------------------------------------------------------------------


@pytest.fixture
def staff(client, sent):
    client.force_login(member_of("Manager"))
    return client


def press(client, order, target, place=1, **fields):
    address = reverse("admin:orders_order_move_return", args=[order.pk, place, target])
    return client.post(address, fields, follow=True)


def test_staff_take_a_return_to_its_end(staff, sent):
    service.request(sent.ref, lines(sent, 1, 0), reason="fit", wish="refund")
    line = sent.lines.first()
    press(staff, sent, "approved", answer="Welcome.")
    press(staff, sent, "received", **{f"restock-{line.pk}": "on"})
    assert Return.objects.get().lines.get().restock is True
    press(staff, sent, "refunded", delivery="on")
    found = Return.objects.get()
    assert (found.state, found.reversal.delivery) == (State.REFUNDED, eur("4.90"))
    press(staff, sent, "refunded")
    assert sent.reversals.count() == 1


def test_the_page_offers_what_is_legal_now(staff, sent):
    service.request(sent.ref, lines(sent, 1, 0), reason="fit", wish="refund")
    page = staff.get(admin_page(sent)).content.decode()
    assert "returns/1/approved/" in page
    assert "returns/1/refunded/" not in page


@pytest.mark.parametrize(("target", "status"), [("withdrawn", 403), ("exploded", 404)])
def test_a_step_of_others_and_one_that_is_none_are_refused(staff, sent, target, status):
    service.request(sent.ref, lines(sent, 1, 0), reason="fit", wish="refund")
    assert press(staff, sent, target).status_code == status


@pytest.mark.parametrize(
    ("role", "target", "ok"),
    [("Fulfilment", "approved", False), ("Support", "approved", True), ("Catalogue", "approved", False)],
)
def test_who_may_agree(client, sent, role, target, ok):
    service.request(sent.ref, lines(sent, 1, 0), reason="fit", wish="refund")
    client.force_login(member_of(role))
    press(client, sent, target)
    assert (Return.objects.get().state == State.APPROVED) is ok


def test_the_queue_lists_what_waits(staff, sent):
    service.request(sent.ref, lines(sent, 1, 0), reason="fit", wish="refund")
    page = staff.get("/admin/orders/return/").content.decode()
    assert "Returns: 1 wait for us" in page
    assert f"{sent.ref}-R1" in page


def take_out(client, order, *quantities, **fields):
    form = {f"line-{pk}": str(n) for pk, n in lines(order, *quantities).items()}
    form |= {"kind": "paid_back", "reason": "lost", "seen": "0"} | fields
    return client.post(reverse("admin:orders_order_reverse", args=[order.pk]), form, follow=True)


def test_staff_pay_lines_back_by_a_form(staff, sent):
    page = take_out(staff, sent, 1, 0).content.decode()
    assert "goes back" in page
    assert sent.reversals.get().refund.amount == eur("3.33")
    assert "Something was taken out meanwhile." in take_out(staff, sent, 1, 0).content.decode()
    assert sent.reversals.count() == 1


@pytest.mark.parametrize(
    ("quantities", "fields", "said"),
    [
        ((9, 0), {}, "3 of “Thing 0” are there for this, not 9."),
        ((0, 0), {}, "Please choose what is taken out."),
        ((1, 0), {"kind": "burnt"}, "Please choose what happened, and why."),
        ((1, 0), {"reason": ""}, "Please choose what happened, and why."),
        (("x", 0), {}, "“x” is no whole number."),
    ],
)
def test_a_wrong_form_of_staff_is_said(staff, sent, quantities, fields, said):
    assert said in take_out(staff, sent, *quantities, **fields).content.decode()
    assert not sent.reversals.exists()


def test_packers_pay_nothing_back(client, sent):
    client.force_login(member_of("Fulfilment"))
    assert take_out(client, sent, 1, 0).status_code == 403
    assert Order.objects.get().reversals.count() == 0
