"""A mail: in the language of the order, readable by every program, with the way to the order."""

import pytest
from django.core import mail as outbox
from django.utils import translation

from orders import access_links
from orders.lifecycle import Actor, Status
from orders.transitions import transition
from tests.support.factories import make_order

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _memory_mail(settings):
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"


def sent(process, **fields):
    order = make_order(**fields)
    with translation.override("en"):
        process("mail")
    (message,) = outbox.outbox
    return order, message, message.body, message.alternatives[0][0]


@pytest.mark.parametrize(("language", "words"), [("en", "Watch your order, live:"), ("zh-hans", "我们已收到您的订单")])
def test_both_parts_speak_the_orders_language_whatever_the_workers(process_all, language, words):
    _, message, text, html = sent(process_all, language=language)
    assert words in text
    chinese = language == "zh-hans"
    for part in (message.subject, text, html):
        assert any("\u4e00" <= letter <= "\u9fff" for letter in part) is chinese


def test_both_parts_have_the_link_to_the_order(process_all):
    order, _, text, html = sent(process_all)
    for part in (text, html):
        assert access_links.url(order).split("/track/")[0] + "/track/" in part
        assert order.ref in part or order.ref in outbox.outbox[0].subject


def test_the_html_part_shows_a_name_as_text(process_all):
    _, _, text, html = sent(process_all, name="<b>Ann</b>")
    assert "<b>Ann</b>" in text
    assert "<b>Ann</b>" not in html
    assert "&lt;b&gt;Ann&lt;/b&gt;" in html


def test_it_goes_to_the_shopper_alone(process_all):
    order, message, *_ = sent(process_all)
    assert message.to == [order.email]
    assert message.cc == message.bcc == []


def test_the_address_in_a_mail_is_written_as_its_country_writes_it(process_all, mailoutbox):
    make_order(country="US", address="1 Main St\nApt 4", city="New York", region="NY", postal_code="10001")
    process_all("mail")
    (mail,) = mailoutbox
    lines = "1 Main St\nApt 4\nNew York, NY 10001\nUnited States of America\n"
    assert lines in mail.body
    assert "New York, NY 10001<br>" in mail.alternatives[0].content.replace("\n", "").replace("  ", "")


def test_an_unpaid_order_that_is_cancelled_is_mailed_and_one_that_is_closed_without_money_is_not(
    process_all, mailoutbox
):
    order = make_order()
    transition(order.ref, Status.CANCELLED, by=Actor.SYSTEM, actor="system")
    transition(order.ref, Status.REFUNDED, by=Actor.STAFF, actor="staff:1")
    process_all("mail")
    told = [f"We have your order {order.ref}", f"Your order {order.ref} was cancelled"]
    assert [mail.subject for mail in mailoutbox] == told
