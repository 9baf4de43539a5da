"""Mails about accounts go through the outbox: no request waits for a mail server, and none is lost while it is away."""

import re

import pytest
from django.core import mail as outbox
from django.core.mail.backends.base import BaseEmailBackend

from events.delivery import registry
from events.delivery.processing import process
from events.models import Delivery, Event
from shop.accounts.models import OutgoingMail, User
from tests.support.factories import UserFactory

pytestmark = pytest.mark.django_db
SIGN_UP = {"email": "new@example.com", "password1": "secret-word-7"}


class Unreachable(BaseEmailBackend):
    def send_messages(self, messages):
        raise ConnectionRefusedError("no mail server")


@pytest.fixture(autouse=True)
def _memory_mail(settings):
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    settings.ACCOUNT_EMAIL_VERIFICATION = "mandatory"


@pytest.fixture
def no_mail_server(settings):
    settings.EMAIL_BACKEND = "tests.shop.accounts.test_mail.Unreachable"


def deliver():
    """What a worker of the queue `mail` does."""
    for delivery in Delivery.objects.pending().filter(handler="accounts.mail"):
        process(registry.get("accounts.mail"), delivery.stream)


def link(message):
    return re.search(r"https?://[^/\s]+(/accounts/\S+)", message.body)[1]


@pytest.mark.usefixtures("no_mail_server")
@pytest.mark.parametrize(("path", "form"), [("signup", SIGN_UP), ("password/reset", {"email": "old@example.com"})])
def test_without_a_mail_server_no_page_is_an_error(client, path, form):
    UserFactory(email="old@example.com")
    answer = client.post(f"/accounts/{path}/", form)
    assert answer.status_code == 302
    assert OutgoingMail.objects.count() == 1


@pytest.mark.usefixtures("no_mail_server")
def test_a_mail_waits_for_the_server_and_is_sent_when_it_is_back(client, settings):
    client.post("/accounts/signup/", SIGN_UP)
    deliver()
    delivery = Delivery.objects.get(handler="accounts.mail")
    assert delivery.attempts == 1
    assert "no mail server" in delivery.last_error
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    Delivery.objects.update(due_at=delivery.event.recorded_at, claimed_until=None)
    deliver()
    assert [message.to for message in outbox.outbox] == [["new@example.com"]]


def test_a_new_member_confirms_the_address_and_signs_in(client):
    client.post("/accounts/signup/", SIGN_UP)
    deliver()
    (message,) = outbox.outbox
    client.post(link(message))
    answer = client.post("/accounts/login/", {"login": SIGN_UP["email"], "password": SIGN_UP["password1"]})
    assert answer["Location"] == "/orders/"


def test_a_password_is_reset_by_the_link_in_the_mail(client):
    UserFactory(email="old@example.com")
    client.post("/accounts/password/reset/", {"email": "old@example.com"})
    deliver()
    (message,) = outbox.outbox
    page = client.get(link(message), follow=True)
    path = page.redirect_chain[-1][0]
    client.post(path, {"password1": "another-word-8", "password2": "another-word-8"})
    assert User.objects.get(email="old@example.com").check_password("another-word-8")


def test_a_mail_that_was_sent_is_kept_nowhere(client):
    client.post("/accounts/password/reset/", {"email": UserFactory(email="old@example.com").email})
    deliver()
    assert not OutgoingMail.objects.exists()


def test_the_event_holds_neither_address_nor_text(client):
    client.post("/accounts/signup/", SIGN_UP)
    event = Event.objects.get(type="account.mail_requested")
    told = bytes(event.cloud_event().data) + event.stream.encode()
    assert b"example.com" not in told
    assert b"new" not in told


def test_a_mail_that_is_delivered_again_is_not_sent_again(client):
    client.post("/accounts/signup/", SIGN_UP)
    deliver()
    Delivery.objects.update(acknowledged_at=None, claimed_until=None)
    deliver()
    assert len(outbox.outbox) == 1


def test_who_gets_a_mail_twice_can_tell(client):
    client.post("/accounts/signup/", SIGN_UP)
    deliver()
    event = Event.objects.get(type="account.mail_requested")
    assert outbox.outbox[0].extra_headers["Message-ID"] == f"<{event.id}.accounts.mail@doorbell>"


def test_a_mail_is_written_in_the_language_of_the_page(client):
    client.post("/accounts/signup/", SIGN_UP, headers={"Accept-Language": "zh-hans"})
    assert re.search("[\u4e00-\u9fff]", OutgoingMail.objects.get().text)
