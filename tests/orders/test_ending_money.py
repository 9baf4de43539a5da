"""An order that ends: what the shopper and the staff read about its money is true."""

import pytest
from django.core import mail as outbox
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from orders.lifecycle import Actor, Status
from orders.models import Order, Payment
from orders.payments import service as payments
from orders.transitions import transition
from tests.orders.conftest import admin_page, move_url
from tests.support.factories import UserFactory, make_order

pytestmark = [pytest.mark.slow, pytest.mark.django_db]
STAFF = {"by": Actor.STAFF, "actor": "staff:1"}
RETURNED, ON_ITS_WAY = "What was paid is returned", "Your money is on its way back to you"
BY_HAND_WORDS = "Our staff return what was paid"


@pytest.fixture(autouse=True)
def _memory_mail(settings):
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"


def paid_at_the_gateway(order):
    payments.start(order.ref, "http://x/")
    Payment.objects.filter(order=order).update(state=Payment.State.CAPTURED)
    return transition(order.ref, Status.PAID, by=Actor.GATEWAY, actor="gateway:test")


def page(client, order):
    return client.get(f"/orders/{order.ref}/").content.decode()


def frame(order):
    from orders.presentation import present

    return present(Order.objects.get(pk=order.pk).state(), "en")["sentence"]


@pytest.fixture
def member(client):
    user = UserFactory()
    client.force_login(user)
    return user


@pytest.mark.parametrize("who", [Actor.SHOPPER, Actor.STAFF, Actor.SYSTEM])
@pytest.mark.parametrize("tried", [False, True])
def test_an_unpaid_order_that_is_cancelled_says_that_nothing_was_paid(client, member, process_all, who, tried):
    order = make_order(user=member)
    if tried:
        payments.start(order.ref, "http://x/")
        Payment.objects.update(state=Payment.State.FAILED)
    transition(order.ref, Status.CANCELLED, by=who, actor="x")
    process_all()
    for said in (page(client, order), outbox.outbox[-1].body, outbox.outbox[-1].alternatives[0].content, frame(order)):
        assert "This order was cancelled. Nothing was paid." in said
        assert RETURNED not in said
        assert ON_ITS_WAY not in said
    assert Order.objects.get(pk=order.pk).status == Status.CANCELLED


def test_an_order_paid_at_the_gateway_says_that_the_money_is_returned_and_then_on_its_way(client, member, process_all):
    order = paid_at_the_gateway(make_order(user=member))
    transition(order.ref, Status.CANCELLED, by=Actor.SHOPPER, actor="shopper")
    process_all("mail")
    assert RETURNED in page(client, order)
    assert RETURNED in outbox.outbox[-1].body
    process_all()
    assert ON_ITS_WAY in page(client, order)
    assert ON_ITS_WAY in outbox.outbox[-1].body


def test_money_that_arrives_after_the_end_changes_the_sentence(client, member, process_all):
    order = make_order(user=member)
    payments.start(order.ref, "http://x/")
    transition(order.ref, Status.CANCELLED, by=Actor.SHOPPER, actor="shopper")
    assert "Nothing was paid" in page(client, order)
    Payment.objects.update(state=Payment.State.CAPTURED)
    assert RETURNED in page(client, order)


def test_marking_paid_books_a_payment_that_no_gateway_knows(staff):
    order = make_order()
    staff.post(move_url(order, "paid"))
    payment = Payment.objects.get()
    assert (payment.gateway, payment.state, payment.amount, payment.session) == (
        "manual",
        Payment.State.CAPTURED,
        order.total,
        None,
    )


def test_why_a_payment_failed_is_said_to_staff_in_words(client, staff):
    order = make_order()
    payments.start(order.ref, "http://x/")
    Payment.objects.update(state=Payment.State.FAILED, detail="card_declined")
    for url in (admin_page(order), "/admin/orders/payment/"):
        page = staff.get(url).content.decode()
        assert "The card was declined." in page
        assert "card_declined" not in page


def test_marking_paid_books_nothing_where_the_gateways_money_is_there(staff):
    order = make_order()
    payments.start(order.ref, "http://x/")
    Payment.objects.update(state=Payment.State.CAPTURED)
    staff.post(move_url(order, "paid"))
    assert Payment.objects.get().gateway == "test"


@pytest.mark.parametrize("end", ["cancelled", "refunded"])
def test_what_staff_marked_paid_staff_return_by_hand_and_both_sides_are_told(staff, process_all, end):
    order = make_order()
    staff.post(move_url(order, "paid"))
    asked = staff.post(move_url(order, end)).content.decode()
    assert "€24.90 came past the gateways: the shop cannot return it, you must return it yourself." in asked
    staff.post(move_url(order, end), {"confirmed": "1"})
    process_all()
    assert Order.objects.get(pk=order.pk).status == Status(end)
    said = [staff.get(f"/orders/{order.ref}/").content.decode(), outbox.outbox[-1].body]
    sentence = BY_HAND_WORDS if end == "cancelled" else "Our staff return your money to you."
    assert all(sentence in text for text in said)
    assert all(RETURNED not in text and ON_ITS_WAY not in text for text in said)
    assert "on its way" not in outbox.outbox[-1].subject
    admin = staff.get(admin_page(order)).content.decode()
    assert "€24.90 came past the gateways" in admin
    assert "Money returned" in admin

    staff.post(reverse("admin:orders_order_returned", args=[order.pk]))
    assert Payment.objects.get().state == Payment.State.REFUNDED
    assert Order.objects.get(pk=order.pk).status == Status.REFUNDED
    admin = staff.get(admin_page(order)).content.decode()
    assert "came past the gateways" not in admin


def test_money_cannot_be_booked_as_returned_while_the_order_goes_on(staff):
    order = make_order()
    staff.post(move_url(order, "paid"))
    staff.post(reverse("admin:orders_order_returned", args=[order.pk]))
    assert Payment.objects.get().state == Payment.State.CAPTURED
    assert Order.objects.get(pk=order.pk).status == Status.PAID


def test_a_look_at_the_address_books_nothing_and_who_may_only_look_cannot(client, staff):
    from tests.orders.test_moving_an_order import looker

    order = make_order()
    staff.post(move_url(order, "paid"))
    staff.post(move_url(order, "cancelled"), {"confirmed": "1"})
    url = reverse("admin:orders_order_returned", args=[order.pk])
    staff.get(url)
    client.force_login(looker())
    assert client.post(url).status_code == 403
    assert Payment.objects.get().state == Payment.State.CAPTURED


def test_two_kinds_of_money_are_both_returned_before_the_order_is_refunded(process_all):
    """Marked paid by staff, and then the gateway's money came, too."""
    order = make_order()
    transition(order.ref, Status.PAID, **STAFF)
    Payment.objects.create(order=order, gateway="test", session="tg_1", amount=order.total, state="captured")
    from orders.payments.gateways.test.models import Session

    Session.objects.create(id="tg_1", idempotency_key="k", ref=order.ref, amount=order.total, return_url="http://x/")
    transition(order.ref, Status.CANCELLED, **STAFF)
    process_all()
    assert sorted(Payment.objects.values_list("gateway", "state")) == [("manual", "captured"), ("test", "refunded")]
    assert Order.objects.get(pk=order.pk).status == Status.CANCELLED
    assert BY_HAND_WORDS in frame(order)
    payments.book_returned_by_hand(order.ref, "staff:1")
    assert Order.objects.get(pk=order.pk).status == Status.REFUNDED


def test_an_order_that_was_paid_without_any_payment_row_is_not_said_to_be_unpaid(staff):
    """As the simulator pays."""
    order = make_order()
    transition(order.ref, Status.PAID, by=Actor.GATEWAY, actor="simulator")
    asked = staff.post(move_url(order, "cancelled")).content.decode()
    assert "what was paid you must return yourself" in asked
    transition(order.ref, Status.CANCELLED, **STAFF)
    assert BY_HAND_WORDS in frame(order)


def test_a_refund_of_nothing_promises_nothing(staff, process_all):
    order = make_order()
    transition(order.ref, Status.CANCELLED, **STAFF)
    asked = staff.post(move_url(order, "refunded")).content.decode()
    assert "Nothing was paid, so nothing is returned." in asked
    staff.post(move_url(order, "refunded"), {"confirmed": "1"})
    process_all()
    assert "Nothing was paid, so nothing is returned." in staff.get(f"/orders/{order.ref}/").content.decode()
    assert [sent.subject for sent in outbox.outbox if "money" in sent.subject] == []


def test_the_members_list_asks_for_the_payments_of_all_ended_orders_at_once(member):
    from orders.streams import MyOrdersStream

    def asked():
        with CaptureQueriesContext(connection) as queries:
            shown = MyOrdersStream().present(MyOrdersStream().snapshot(f"orders:{member.pk}").state, "en")["orders"]
        assert {row["sentence"] for row in shown} == {"This order was cancelled. Nothing was paid."}
        return len(queries)

    transition(make_order(user=member).ref, Status.CANCELLED, by=Actor.SHOPPER, actor="shopper")
    for_one = asked()
    for _ in range(5):
        transition(make_order(user=member).ref, Status.CANCELLED, by=Actor.SHOPPER, actor="shopper")
    assert asked() == for_one
