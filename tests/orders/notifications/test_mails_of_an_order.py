"""The mails of an order on its page in admin: what was sent, waits or failed; read it, and have it sent again."""

import re
from datetime import timedelta

import pytest
from django.contrib.auth.models import Permission
from django.utils import timezone

from events.models import Delivery, Event
from events.operations import periodic
from orders.admin.mails import rows
from orders.lifecycle import Actor, Status
from orders.models import Order, OrderMail
from orders.notifications.kept_mails import BY_ORDER
from orders.transitions import transition
from tests.orders.conftest import admin_page, member_of
from tests.support.factories import UserFactory, make_document, make_order

pytestmark = [pytest.mark.slow, pytest.mark.django_db]


def paid(**fields):
    order = make_order(**fields)
    return transition(order.ref, Status.PAID, by=Actor.STAFF, actor="staff:1")


def of(order, kind="order.placed"):
    return OrderMail.objects.get(order=order, kind=kind, handler="mail")


def page_of(mail, more=""):
    return f"/admin/orders/order/{mail.order_id}/mails/{mail.pk}/{more}"


def listed(order):
    events = Event.objects.filter(stream=order.stream).order_by("seq").prefetch_related("deliveries")
    return rows(Order.objects.get(pk=order.pk), events)


@pytest.fixture
def sent(process_all, mailoutbox):
    """The mail of a new order, as it was kept."""
    order = make_order()
    process_all("mail")
    mailoutbox.clear()
    return of(order)


def test_each_mail_is_kept_once_with_its_words_and_without_the_key_to_the_order(process_all, mailoutbox):
    order = paid(language="zh-hans")
    process_all()
    letter, kept = mailoutbox[0], of(order)
    assert (kept.recipient, kept.language, kept.subject) == (order.email, "zh-hans", letter.subject)
    assert OrderMail.objects.filter(order=order).count() == len(mailoutbox) == 2
    token = re.search(r"/track/(.+?)/", letter.body)[1]
    content = kept.read()
    assert order.name in content.text
    assert order.name in content.html
    assert token not in content.text + content.html
    assert "/track/…/" in content.text
    assert "/track/…/" in content.html


def test_a_delivery_that_runs_twice_is_kept_once(process_all, sent):
    Delivery.objects.filter(handler="mail").update(acknowledged_at=None, notify_at=timezone.now())
    process_all("mail")
    assert OrderMail.objects.count() == 1


def test_the_page_says_what_was_sent_what_waits_and_what_failed_and_why(staff, process_all):
    order = paid()
    process_all("mail")
    transition(order.ref, Status.CANCELLED, by=Actor.STAFF, actor="staff:1")
    open_ones = Delivery.objects.filter(handler="mail", acknowledged_at=None)
    assert [(row.kind, bool(row.mail), row.failed) for row in listed(order)] == [
        ("Cancelled", False, False),
        ("Paid", True, False),
        ("Placed", True, False),
    ]
    open_ones.update(dead_lettered_at=timezone.now(), last_error="Traceback\nSMTPRecipientsRefused: <no such box>")
    row = listed(order)[0]
    assert (row.failed, row.reason) == (True, "SMTPRecipientsRefused: <no such box>")
    page = staff.get(admin_page(order)).content.decode()
    assert "SMTPRecipientsRefused: &lt;no such box&gt;" in page
    assert f"We have your order {order.ref}" in page


def test_the_list_costs_one_query_however_many_mails(django_assert_num_queries, process_all):
    order = paid()
    transition(order.ref, Status.CANCELLED, by=Actor.STAFF, actor="staff:1")
    process_all("mail")
    events = list(Event.objects.filter(stream=order.stream).order_by("seq").prefetch_related("deliveries"))
    with django_assert_num_queries(1):
        assert len(rows(order, events)) == 3


def test_a_mail_that_failed_is_tried_once_more(staff, process_all, mailoutbox):
    order = make_order()
    Delivery.objects.filter(handler="mail").update(dead_lettered_at=timezone.now(), attempts=8)
    assert staff.post(f"/admin/orders/order/{order.pk}/mails/try-again/mail/").status_code == 302
    process_all("mail")
    assert len(mailoutbox) == 1
    assert staff.post(f"/admin/orders/order/{order.pk}/mails/try-again/live/").status_code == 404


def test_a_mail_is_read_in_a_frame_in_which_nothing_runs(staff, sent):
    page = staff.get(page_of(sent)).content.decode()
    assert '<iframe sandbox title="' in page
    assert page_of(sent, "html/") in page
    frame = staff.get(page_of(sent, "html/"))
    policy = frame["Content-Security-Policy"]
    for rule in ("sandbox", "script-src 'none'", "default-src 'none'", "frame-ancestors 'self'", "form-action 'none'"):
        assert rule in policy
    assert "allow-" not in policy
    assert frame["X-Frame-Options"] == "SAMEORIGIN"
    assert "Ann Example" in frame.content.decode()


def test_what_a_mail_said_is_deleted_after_a_while_and_that_it_was_sent_is_not(staff, sent):
    old = timezone.now() - timedelta(days=91)
    other = OrderMail.objects.create(
        order=sent.order, kind="order.paid", event_id=sent.order.checkout_key, content=b"x"
    )
    OrderMail.objects.filter(pk=sent.pk).update(sent_at=old)
    sweep = next(task for task in periodic.all_tasks() if task.name == "contents of mails")
    assert sweep.run() == 1
    sent.refresh_from_db()
    other.refresh_from_db()
    assert (sent.content, bool(other.content)) == (None, True)
    assert "is not kept any more" in staff.get(page_of(sent)).content.decode()
    assert staff.get(page_of(sent, "html/")).status_code == 404


# -- Again


def again(client, mail, seen=0):
    return client.post(page_of(mail, "again/"), {"seen": seen}, follow=True)


def test_it_goes_once_more_to_the_address_of_today_with_a_message_id_of_its_own(staff, sent, process_all, mailoutbox):
    order = sent.order
    Order.objects.filter(pk=order.pk).update(email="new@example.com")
    assert "to new@example.com" in again(staff, sent).content.decode()
    assert mailoutbox == []  # a handler sends it, after the commit
    process_all()
    (letter,) = mailoutbox
    assert letter.to == ["new@example.com"]
    assert letter.subject == sent.subject
    ids = {letter.extra_headers["Message-ID"], f"<{sent.event_id}.mail@doorbell>"}
    assert len(ids) == 2
    event = Event.objects.get(type="order.mail_requested")
    assert event.pk.__str__() in letter.extra_headers["Message-ID"]
    repeated = OrderMail.objects.get(handler="mail.again")
    assert (repeated.kind, repeated.recipient) == ("order.placed", "new@example.com")
    page = staff.get(admin_page(order)).content.decode()
    assert "A mail was sent again" in page


def test_a_double_click_sends_one_mail_and_says_so(staff, sent, process_all, mailoutbox):
    again(staff, sent)
    assert "has just been sent again" in again(staff, sent).content.decode()
    process_all()
    assert len(mailoutbox) == 1
    again(staff, sent, seen=1)
    process_all()
    assert len(mailoutbox) == 2


@pytest.mark.parametrize("seen", ["", "-1", "x", "9" * 50, "²"])
def test_a_form_that_does_not_say_what_was_seen_sends_nothing(staff, sent, process_all, mailoutbox, seen):
    again(staff, sent, seen)
    process_all()
    assert mailoutbox == []


def test_no_mailbox_is_flooded(staff, sent, process_all, mailoutbox):
    for n in range(BY_ORDER):
        again(staff, sent, n)
    assert "Please wait an hour" in again(staff, sent, BY_ORDER).content.decode()
    process_all()
    assert len(mailoutbox) == BY_ORDER


def test_an_invoice_goes_again_with_its_file(staff, process_all, mailoutbox):
    order = make_order()
    make_document(order)
    process_all("documents.send")
    (first,) = mailoutbox
    kept = OrderMail.objects.get(handler="documents.send")
    assert kept.attachment == first.attachments[0][0]
    again(staff, kept)
    process_all("mail.again")
    assert [letter.attachments for letter in mailoutbox] == [first.attachments] * 2


def test_a_mail_whose_event_is_archived_says_that_it_cannot_be_written_again(staff, sent, process_all, mailoutbox):
    OrderMail.objects.filter(pk=sent.pk).update(event_id=sent.order.checkout_key)
    assert "is archived" in again(staff, sent).content.decode()
    process_all()
    assert mailoutbox == []


def test_a_mail_of_another_order_is_not_there(staff, sent):
    other = make_order()
    for more in ("", "html/"):
        assert staff.get(f"/admin/orders/order/{other.pk}/mails/{sent.pk}/{more}").status_code == 404
    answer = staff.post(f"/admin/orders/order/{other.pk}/mails/{sent.pk}/again/", {"seen": 0})
    assert answer.status_code == 404
    assert not Event.objects.filter(type="order.mail_requested").exists()


@pytest.mark.parametrize(
    ("role", "reads", "sends"),
    [("Catalogue", 403, 403), ("Fulfilment", 200, 302), ("Support", 200, 302), ("Manager", 200, 302)],
)
def test_who_may_see_orders_reads_and_who_may_act_sends(client, sent, role, reads, sends):
    client.force_login(member_of(role))
    assert client.get(page_of(sent)).status_code == reads
    assert client.get(page_of(sent, "html/")).status_code == reads
    assert client.post(page_of(sent, "again/"), {"seen": 0}).status_code == sends


def test_who_may_only_look_sends_nothing(client, sent):
    onlooker = UserFactory(is_staff=True)
    onlooker.user_permissions.add(Permission.objects.get(codename="view_order"))
    client.force_login(onlooker)
    assert "Send again" not in client.get(page_of(sent)).content.decode()
    assert client.post(page_of(sent, "again/"), {"seen": 0}).status_code == 403
    assert client.post(f"/admin/orders/order/{sent.order_id}/mails/try-again/mail/").status_code == 403
