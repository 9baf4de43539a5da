"""An internal note without a move: staff read it, nobody else does, and a double click keeps one."""

import json
import uuid

import pytest

from events.models import Event
from orders import access_links, notes
from orders.lifecycle import Actor, IllegalTransition, Status
from orders.models import Order, OrderNote
from orders.transitions import transition
from tests.orders.conftest import admin_page, member_of
from tests.support.factories import make_order
from tests.support.together import at_once

pytestmark = [pytest.mark.slow, pytest.mark.django_db]

WORDS = "She is at home after six."


def write(client, order, note=WORDS, key=None):
    sent = {"note": note, "key": key or uuid.uuid4()}
    return client.post(f"{admin_page(order)[:-7]}note/", sent, follow=True).content.decode()


def test_staff_read_who_wrote_it_in_the_timeline(staff):
    order = make_order()
    page = write(staff, order)
    assert "The note is kept." in page
    assert "A note was kept" in page
    assert page.count(WORDS) == 1
    assert OrderNote.objects.get().order == order


def test_an_order_that_has_ended_takes_notes(staff):
    order = make_order()
    transition(order.ref, Status.CANCELLED, by=Actor.STAFF, actor="staff:1")
    assert WORDS in write(staff, order)


def test_nobody_else_reads_it(staff, client, mailoutbox, process_all):
    order = make_order()
    write(staff, order)
    process_all("mail")
    events = Event.objects.filter(stream=order.stream).order_by("seq")
    assert events.last().type == "order.noted"
    assert WORDS not in "".join(json.dumps(each.cloud_event(), default=str) for each in events)
    assert WORDS not in client.get(access_links.path(order), follow=True).content.decode()
    assert not any(WORDS in mail.body for mail in mailoutbox)


def test_a_double_click_keeps_one(staff):
    order, key = make_order(), uuid.uuid4()
    assert WORDS in write(staff, order, key=key)
    assert write(staff, order, key=key).count(WORDS) == 1
    assert Event.objects.filter(type="order.noted").count() == 1


@pytest.mark.parametrize(
    ("note", "key", "said"),
    [
        ("", "", "Please write something."),
        ("  \n\0 ", "", "Please write something."),
        (WORDS, "x", "Please open the page again, then write the note."),
    ],
)
def test_what_cannot_be_kept_is_said(staff, note, key, said):
    assert said in write(staff, make_order(), note, key or None)
    assert not OrderNote.objects.exists()


def test_who_only_looks_writes_nothing(client):
    order = make_order()
    client.force_login(member_of("Catalogue"))
    assert client.post(f"{admin_page(order)[:-7]}note/", {"note": WORDS, "key": uuid.uuid4()}).status_code == 403
    assert not OrderNote.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_sent_twice_at_once_it_is_kept_once():
    order, key = make_order(), str(uuid.uuid4())
    at_once(*[lambda: notes.keep(order.ref, WORDS, key, "staff:1")] * 3)
    assert OrderNote.objects.count() == 1
    assert Event.objects.filter(type="order.noted").count() == 1


def test_an_order_that_is_not_there_takes_no_note():
    with pytest.raises(Order.DoesNotExist):
        notes.keep("AAAAA-AAAAA", WORDS, str(uuid.uuid4()), "staff:1")
    with pytest.raises(IllegalTransition):
        notes.keep("AAAAA-AAAAA", "", str(uuid.uuid4()), "staff:1")
