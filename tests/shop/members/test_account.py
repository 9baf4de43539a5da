"""The account's pages: notifications, sign-ins, and the way between them."""

import re

import pytest
from allauth.usersessions.models import UserSession
from django.core import mail
from django.test import Client

from orders import troubles
from orders.lifecycle import Actor, Status
from orders.notifications import choices
from orders.notifications.mail import SUBJECTS
from orders.notifications.webpush import TOLD
from orders.transitions import transition
from shop.accounts.periodic_tasks import delete_ended_sign_ins
from tests.shop.members.conftest import PASSWORD
from tests.support.factories import UserFactory, make_order

pytestmark = pytest.mark.django_db
PAGES = [
    "/account/",
    "/account/addresses/",
    "/account/sign-in/",
    "/account/notifications/",
    "/account/data/",
    "/account/data/delete/",
    "/accounts/sessions/",
    "/orders/",
]


@pytest.mark.parametrize("page", PAGES)
def test_each_page_leads_to_the_others_in_both_languages(client, ann, page):
    for language, word in (("en", "My data"), ("zh-hans", "我的数据")):
        client.cookies["django_language"] = language
        found = client.get(page).content.decode()
        assert word in found
        assert re.search('href="[^"]*/account/notifications/"', found)


@pytest.mark.parametrize("page", PAGES)
def test_a_page_of_the_account_is_for_who_is_signed_in(client, page):
    assert client.get(page)["Location"].startswith("/accounts/login/")


def test_what_is_switched_off_is_not_mailed(client, ann, process_all):
    on = dict.fromkeys(set(choices.KEYS) - {"mail:paid"}, "on")
    client.post("/account/notifications/", on)
    ann.refresh_from_db()
    assert ann.silenced == ["mail:paid"]
    order = make_order(user=ann)
    transition(order.ref, Status.PAID, by=Actor.STAFF, actor="staff:1")
    transition(order.ref, Status.CANCELLED, by=Actor.STAFF, actor="staff:1")
    process_all("mail")
    assert [letter.subject.partition(" ")[2] for letter in mail.outbox if order.ref in letter.subject] == [
        f"have your order {order.ref}",
        f"order {order.ref} was cancelled",
    ]


def test_only_what_exists_can_be_switched_off(client, ann):
    client.post("/account/notifications/", {"mail:nonsense": "on"})
    ann.refresh_from_db()
    assert set(ann.silenced) == set(choices.KEYS)
    assert choices.wanted(ann, "mail", "order.placed")
    assert choices.wanted(ann, "mail", "order.refunded")
    assert choices.wanted(None, "mail", "order.paid")
    assert not choices.wanted(ann, "push", "order.delivered")


def test_every_kind_names_messages_that_are_sent():
    assert {event for kind in choices.KINDS for event in kind.mails} <= {*SUBJECTS, *troubles.EVENTS}
    assert {event for kind in choices.KINDS for event in kind.pushes} <= set(TOLD)


def test_the_name_is_a_choice_of_staff_alone(client, ann):
    client.post("/account/notifications/", {"shows_name": "on"})
    ann.refresh_from_db()
    assert not ann.shows_name
    sam = UserFactory(is_staff=True)
    client.force_login(sam)
    client.post("/account/notifications/", {"shows_name": "on"})
    sam.refresh_from_db()
    assert sam.shows_name


def test_a_sign_in_elsewhere_is_seen_and_ended(client, ann):
    elsewhere = Client(headers={"User-Agent": "A borrowed phone"})
    elsewhere.post("/accounts/login/", {"login": ann.email, "password": PASSWORD})
    assert elsewhere.get("/account/").status_code == 200
    assert "A borrowed phone" in client.get("/accounts/sessions/").content.decode()
    client.post("/accounts/sessions/")
    assert elsewhere.get("/account/").status_code == 302
    assert client.get("/account/").status_code == 200


def test_a_sign_in_is_forgotten_with_its_session(client, ann):
    UserSession.objects.create(user=ann, ip="192.0.2.1", session_key="gone", user_agent="x")
    assert delete_ended_sign_ins() == 1
    assert UserSession.objects.get().session_key == client.session.session_key
