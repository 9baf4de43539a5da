"""What staff write with a move: a note for themselves, or a message to the shopper. Neither stands in an event."""

import json

import pytest
from django.core import mail as outbox
from django.utils import timezone

from events.delivery import registry
from events.delivery.processing import process
from events.models import Delivery, Event
from events.operations.replay import Range, replay
from orders.lifecycle import Actor, Status
from orders.models import Order
from orders.reasons import Reason, known, words
from orders.transitions import transition
from tests.orders.conftest import admin_page, move_url
from tests.support.factories import make_order

pytestmark = [pytest.mark.slow, pytest.mark.django_db]
NOTE, MESSAGE = "left corner is damaged, dont tell them", "We put a small gift in."


@pytest.fixture(autouse=True)
def _memory_mail(settings):
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"


def last_mail():
    sent = outbox.outbox[-1]
    return [sent.subject, sent.body, sent.alternatives[0].content]


def everything_in_events(order):
    return "".join(json.dumps(e.cloud_event(), default=str) for e in Event.objects.filter(stream=order.stream))


@pytest.mark.parametrize("target", ["paid", "cancelled"])
def test_a_note_is_read_by_staff_and_by_nobody_else(staff, process_all, target):
    order = make_order()
    staff.post(move_url(order, target), {"note": NOTE, "confirmed": "1"})
    process_all()
    assert len(outbox.outbox) == 2
    assert all(NOTE not in part for part in last_mail())
    assert NOTE not in everything_in_events(order)
    assert NOTE in staff.get(admin_page(order)).content.decode()
    assert NOTE not in staff.get(f"/orders/{order.ref}/").content.decode()


@pytest.mark.parametrize("target", ["paid", "cancelled"])
def test_a_message_is_in_the_mail_of_its_move_and_in_no_event(staff, process_all, target):
    order = make_order()
    staff.post(move_url(order, target), {"message": MESSAGE, "confirmed": "1"})
    process_all()
    assert MESSAGE in last_mail()[1]
    assert MESSAGE in last_mail()[2]
    assert MESSAGE not in everything_in_events(order)
    assert MESSAGE in staff.get(admin_page(order)).content.decode()


def test_a_message_is_in_its_own_mail_only(staff, process_all):
    order = make_order()
    staff.post(move_url(order, "paid"), {"message": MESSAGE})
    transition(order.ref, Status.PREPARING, by=Actor.STAFF, actor="staff:1", message="in no mail")
    staff.post(move_url(order, "shipped"), {"message": "It is the <big> one."})
    process_all()
    placed, paid, shipped = (sent.body for sent in outbox.outbox)
    assert MESSAGE not in placed
    assert MESSAGE in paid
    assert "It is the <big> one." in shipped
    assert MESSAGE not in shipped
    assert "&lt;big&gt;" in last_mail()[2]


def test_a_mail_that_is_sent_late_or_again_has_the_message_of_its_move(process_all):
    order = make_order()
    transition(order.ref, Status.PAID, by=Actor.STAFF, actor="staff:1", message=MESSAGE)
    for target in (Status.PREPARING, Status.SHIPPED):
        transition(order.ref, target, by=Actor.STAFF, actor="staff:1", message=f"of {target}")
    process_all("mail")
    outbox.outbox.clear()
    replay("mail", Range(order.stream), again=True)
    process_all("mail")
    assert [MESSAGE in sent.body for sent in outbox.outbox] == [False, True, False]


def test_moves_that_send_no_mail_offer_no_message(staff):
    order = make_order()
    for target, offered in (("paid", False), ("preparing", True), ("shipped", True)):
        transition(order.ref, Status(target), by=Actor.STAFF, actor="staff:1")
        # Paid: Start preparing sends no mail. Preparing: Ship does. Shipped: Mark delivered does.
        page = staff.get(admin_page(order)).content.decode()
        assert ('name="message"' in page) is offered


@pytest.mark.parametrize(
    ("language", "said"), [("en", "The payment did not arrive in time."), ("zh-hans", "未能按时收到付款。")]
)
def test_a_reason_of_the_shop_itself_is_said_in_the_shoppers_language(process_all, language, said):
    order = make_order(language=language)
    Delivery.objects.filter(handler="orders.expire").update(due_at=timezone.now())
    process(registry.get("orders.expire"), order.stream)
    process_all("mail")
    assert said in last_mail()[1]
    assert said in last_mail()[2]
    assert Order.objects.get(pk=order.pk).timeline[-1]["reason"] == "payment_late"


def test_every_reason_has_words_in_both_languages():
    from django.utils import translation

    for code in Reason.values:
        english = words(code)
        with translation.override("zh-hans"):
            assert words(code) != english, code


def test_what_is_not_a_reason_of_the_shop_is_said_to_nobody(process_all):
    """A gateway's own words, and notes in events that are older than the codes."""
    assert (known("insufficient_funds: 51"), words("insufficient_funds: 51")) == ("", "")
    order = make_order()
    transition(order.ref, Status.CANCELLED, by=Actor.STAFF, actor="staff:1", reason=NOTE)
    process_all("mail")
    assert all(NOTE not in part for part in last_mail())
