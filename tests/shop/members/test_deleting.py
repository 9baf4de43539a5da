"""The end of an account: the person goes, their orders stay, and the log verifies."""

import pytest
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.core import mail
from django.test import Client

from events.models import Event
from events.operations.verification import verify
from orders.lifecycle import Actor, Status
from orders.models import CustomerNote, Order, PushSubscription, Question
from orders.questions import service as questions
from orders.transitions import transition
from shop.accounts.models import SavedAddress, User
from shop.wishes.models import StockAlert
from tests.shop.members.conftest import PASSWORD
from tests.support.factories import UserFactory, VariantFactory, make_order

pytestmark = [pytest.mark.slow, pytest.mark.django_db]
PAGE = "/account/data/delete/"


def test_the_account_goes_and_the_orders_stay(client, ann, process_all):
    order = make_order(user=ann)
    PushSubscription.objects.create(order=order, endpoint="https://push.example/1", p256dh="x", auth="x", language="en")
    SavedAddress.objects.create(user=ann, name="Ann", address="Hauptstr. 1", city="Berlin", country="DE")
    CustomerNote.objects.create(email="ann@example.com", body="Likes lamps.")
    questions.ask(questions.Sender("Ann", ann.email, "en"), "When do you open?")
    StockAlert.objects.create(variant=VariantFactory(), sku="X", email=ann.email, language="en")
    elsewhere = Client()
    elsewhere.post("/accounts/login/", {"login": ann.email, "password": PASSWORD})
    before = list(Event.objects.filter(stream=order.stream).order_by("seq").values_list("id", "body", "signature"))
    answer = client.post(PAGE, {"password": PASSWORD}, follow=True)
    assert "Your account is deleted." in answer.content.decode()
    assert not User.objects.filter(pk=ann.pk).exists()
    assert not SavedAddress.objects.exists()
    assert not PushSubscription.objects.exists()
    assert not CustomerNote.objects.exists()
    assert not StockAlert.objects.exists()
    assert not Question.objects.exists()
    assert not UserSession.objects.exists()
    assert Order.objects.get(pk=order.pk).user is None
    assert Order.objects.get(pk=order.pk).name == "Ann Example"
    for browser in (client, elsewhere):
        assert browser.get("/account/").status_code == 302
    after = Event.objects.filter(stream=order.stream).order_by("seq")
    assert list(after.values_list("id", "body", "signature")) == before
    assert list(verify()) == []
    process_all("accounts.mail")
    assert mail.outbox[-1].to == ["ann@example.com"]
    assert "deleted" in mail.outbox[-1].subject


def test_a_gift_note_goes_unless_somebody_still_has_to_pack_it(client, ann):
    others = make_order(gift_note="Somebody else's")
    mine = [make_order(user=ann, gift_note="For Mei") for _ in range(3)]
    for order, moves in zip(mine, ((), (Status.PAID, Status.PREPARING), (Status.CANCELLED,)), strict=True):
        for status in moves:
            transition(order.ref, status, by=Actor.STAFF, actor="staff:1")
    client.post(PAGE, {"password": PASSWORD})
    assert [Order.objects.get(pk=order.pk).gift_note for order in mine] == ["For Mei", "For Mei", ""]
    assert Order.objects.get(pk=others.pk).gift_note == "Somebody else's"


@pytest.mark.parametrize("password", ["wrong", "", PASSWORD.upper()])
def test_a_wrong_password_deletes_nothing(client, ann, password):
    answer = client.post(PAGE, {"password": password})
    assert answer.status_code == 422
    assert "This is not your password." in answer.content.decode()
    assert User.objects.filter(pk=ann.pk).exists()


def test_passwords_cannot_be_guessed_here(client, ann):
    for _guess in range(10):
        client.post(PAGE, {"password": "wrong"})
    assert client.post(PAGE, {"password": PASSWORD}).status_code == 429
    assert User.objects.filter(pk=ann.pk).exists()


def test_who_has_no_password_signs_in_again_first(client, ann):
    ann.set_unusable_password()
    ann.save()
    Authenticator.objects.create(user=ann, type="webauthn", data={})
    client.force_login(ann)
    assert client.post(PAGE)["Location"].startswith("/accounts/2fa/webauthn/reauthenticate/")
    assert User.objects.filter(pk=ann.pk).exists()


def test_staff_do_not_delete_themselves(client):
    sam = UserFactory(is_staff=True, password=PASSWORD)
    client.force_login(sam)
    answer = client.post(PAGE, {"password": PASSWORD})
    assert answer.status_code == 409
    assert "by an administrator" in answer.content.decode()
    assert User.objects.filter(pk=sam.pk).exists()
