"""Many orders at once: the page says what will happen, a few are moved by it, and each that was not is named.

More than a few are a job: `bulk/test_jobs.py`.
"""

import html as markup
import re
import time

import pytest
from django.core import mail as outbox
from django.db.models import QuerySet

from orders.lifecycle import Actor, Status
from orders.models import DeliveryMethod, Order
from orders.transitions import transition
from tests.orders.test_moving_an_order import looker
from tests.support.factories import DeliveryMethodFactory, make_order

pytestmark = [pytest.mark.django_db, pytest.mark.slow]
LIST = "/admin/orders/order/"


def many(number, **changes):
    """Orders as rows, without the events that made them."""
    example = make_order(delivery_method=DeliveryMethodFactory())
    fields = {f.attname: getattr(example, f.attname) for f in Order._meta.concrete_fields if f.attname != "id"}
    rows = [
        Order(**fields | {"ref": f"B{n:05d}", "version": 0, "checkout_key": f"{n:032x}", "timeline": [], **changes})
        for n in range(number - 1)
    ]
    Order.objects.bulk_create(rows, batch_size=500)
    assert DeliveryMethod.objects.count() == 1
    return example


def sent_by(page):
    """What a browser sends when it presses the button of the page that asks."""
    form = re.search(r'<form method="post" class="db-moves">(.*?)</form>', page, re.S)[1]
    fields = [dict(re.findall(r'([\w-]+)="([^"]*)"', tag)) for tag in re.findall(r"<input[^>]*>", form)]
    assert len(fields) < 10
    return {field["name"]: markup.unescape(field["value"]) for field in fields}


def ask(client, target, orders=(), url=LIST, across=False):
    first = [order.pk for order in orders] or [Order.objects.first().pk]
    chosen = {"action": f"bulk_{target}", "_selected_action": first, "index": 0} | (
        {"select_across": 1} if across else {}
    )
    answer = client.post(url, chosen)
    assert answer.status_code == 200
    return answer.content.decode()


def test_the_page_says_the_verb_the_number_the_mails_and_what_cannot(staff):
    fine, also, stuck = make_order(name="Ann Fine"), make_order(), make_order()
    transition(stuck.ref, Status.CANCELLED, by=Actor.STAFF, actor="staff:1")
    asked = ask(staff, "paid", [fine, also, stuck])
    assert "Mark paid: 2 orders?" in re.search(r"<h2[^>]*>(.*?)</h2>", asked)[1]
    asked = " ".join(asked.split())  # as a browser shows white space
    assert "Will move: 2 (€49.80 in all)" in asked
    assert f"{fine.ref} Ann Fine" in asked
    assert f"Cannot, and will be left as they are: 1 – {stuck.ref} (Cancelled)" in asked
    assert "Mails to shoppers: 2" in asked
    assert "cannot be taken back" not in asked
    assert Order.objects.filter(status=Status.PAID).count() == 0


def test_before_many_orders_end_the_page_says_how_much_money_goes_back(staff):
    """Not what they cost: one was never paid, of another a part has gone back already."""
    unpaid, paid, part = make_order(), make_order(), make_order()
    for order in (paid, part):
        transition(order.ref, Status.PAID, by=Actor.STAFF, actor="staff:1")
    QuerySet(Order).filter(pk=part.pk).update(refunded="10.00")
    asked = " ".join(ask(staff, "cancelled", [unpaid, paid, part]).split())
    assert "Will move: 3 –" in asked
    assert "Money that goes back: €39.80" in asked


def test_a_move_that_sends_no_mail_says_so_and_offers_no_message(staff):
    order = make_order()
    transition(order.ref, Status.PAID, by=Actor.STAFF, actor="staff:1")
    asked = ask(staff, "preparing", [order])
    assert "Mails to shoppers: 0" in asked
    assert 'name="message"' not in asked


def test_how_many_staff_must_return_by_hand_is_said_before_many_are_cancelled(staff):
    unpaid, by_hand, also = make_order(), make_order(), make_order()
    for order in (by_hand, also):
        transition(order.ref, Status.PAID, by=Actor.STAFF, actor="staff:1")
    asked = ask(staff, "cancelled", [unpaid, by_hand, also])
    assert "Came past the gateways, so that staff must return it: 2" in asked
    assert "Came past the gateways" not in ask(staff, "cancelled", [unpaid])


def test_what_cannot_be_taken_back_is_said(staff):
    assert "This cannot be taken back." in ask(staff, "cancelled", [make_order()])


def test_the_report_names_what_moved_and_each_that_was_refused(staff):
    fine, stuck = make_order(), make_order()
    transition(stuck.ref, Status.CANCELLED, by=Actor.STAFF, actor="staff:1")
    sent = sent_by(ask(staff, "paid", [fine, stuck]))
    report = staff.post(LIST, sent | {"note": "cash"}, follow=True).content.decode()
    assert f"1 moved: {fine.ref}" in report
    assert f"{stuck.ref} is Cancelled" in report
    fine.refresh_from_db()
    assert (fine.status, fine.timeline[-1]["note"]) == (Status.PAID, "cash")


def test_the_note_stays_inside_and_the_message_goes_with_every_mail(staff, process_all, settings):
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    orders = [make_order() for _ in range(3)]
    process_all()
    outbox.outbox.clear()
    sent = sent_by(ask(staff, "paid", orders))
    staff.post(LIST, sent | {"note": "counted twice", "message": "Thank you all."})
    process_all()
    assert len(outbox.outbox) == 3
    assert all("Thank you all." in mail.body and "counted twice" not in mail.body for mail in outbox.outbox)


def test_the_page_and_the_report_of_many_name_ten(staff):
    many(30)
    asked = ask(staff, "cancelled", across=True)
    assert len(re.findall(r"\bB\d{5}\b", asked)) == 9, "and the one with a usual reference"
    report = staff.post(LIST, sent_by(asked), follow=True).content.decode()
    assert len(re.findall(r"\bB\d{5}\b", re.search(r"30 moved: [^<]*", report)[0])) == 9


def test_fifty_refusals_are_ten_sentences_and_a_number(staff):
    many(50)
    sent = sent_by(ask(staff, "delivered", across=True))
    report = staff.post(LIST, sent, follow=True).content.decode()
    assert report.count("it cannot become Delivered") == 10
    assert "40 more could not be moved." in report


def test_what_left_the_filter_between_the_two_pages_stays_and_is_said(staff):
    fine, gone = make_order(), make_order()
    url = f"{LIST}?status__exact=placed"
    sent = sent_by(ask(staff, "cancelled", [fine, gone], url=url))
    transition(gone.ref, Status.PAID, by=Actor.GATEWAY, actor="gateway:test")
    answer = staff.post(url, sent, follow=True)
    assert answer.redirect_chain[-1][0].endswith("?status__exact=placed")
    assert f"1 left the list's filter meanwhile, and stay as they are: {gone.ref}" in markup.unescape(
        answer.content.decode()
    )
    assert Order.objects.get(pk=gone.pk).status == Status.PAID
    assert Order.objects.get(pk=fine.pk).status == Status.CANCELLED


def test_what_came_into_the_filter_meanwhile_is_not_moved(staff):
    first = make_order()
    sent = sent_by(ask(staff, "cancelled", across=True))
    later = make_order()
    staff.post(LIST, sent)
    assert Order.objects.get(pk=first.pk).status == Status.CANCELLED
    assert Order.objects.get(pk=later.pk).status == Status.PLACED


@pytest.mark.parametrize("how", ["changed", "of another move", "older than a day", "empty"])
def test_a_list_that_the_page_did_not_write_moves_nothing(staff, monkeypatch, settings, how):
    settings.STAFF_SESSION_HOURS = 48  # longer than the list is good for
    order = make_order()
    sent = sent_by(ask(staff, "cancelled", [order]))
    if how == "changed":
        sent["orders"] = sent["orders"][:-2] + "xx"
    elif how == "of another move":
        sent["orders"] = sent_by(ask(staff, "paid", [order]))["orders"]
    elif how == "empty":
        sent["orders"] = ""
    else:
        now = time.time()
        monkeypatch.setattr("django.core.signing.time.time", lambda: now + 86_500)
    report = staff.post(LIST, sent, follow=True).content.decode()
    assert "Please choose the orders again." in report
    assert Order.objects.get(pk=order.pk).status == Status.PLACED


@pytest.mark.parametrize("confirmed", [False, True])
def test_who_may_only_look_moves_nothing(client, staff, confirmed):
    order = make_order()
    sent = (
        sent_by(ask(staff, "paid", [order])) if confirmed else {"action": "bulk_paid", "_selected_action": [order.pk]}
    )
    client.force_login(looker())
    assert "bulk_paid" not in client.get(LIST).content.decode()
    for more in ({}, {"confirmed": "1"}):
        assert "Will move" not in client.post(LIST, sent | more, follow=True).content.decode()
    assert Order.objects.get(pk=order.pk).status == Status.PLACED
