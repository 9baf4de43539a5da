"""What a person changes about their account: asked for the password, and told by mail."""

import pytest
from allauth.account.models import EmailAddress

from shop.accounts.models import OutgoingMail
from tests.support.factories import UserFactory

pytestmark = pytest.mark.django_db
PASSWORD = "correct horse battery"


@pytest.fixture
def ann(client):
    person = UserFactory(email="ann@example.com")
    person.set_password(PASSWORD)
    person.save()
    person.confirm_address()
    client.post("/accounts/login/", {"login": person.email, "password": PASSWORD})
    return person


def add(client):
    return client.post("/accounts/email/", {"action_add": "", "email": "thief@example.com"})


def test_another_mail_address_needs_the_password(client, ann):
    answer = add(client)
    assert answer["Location"].startswith("/accounts/reauthenticate/")
    assert not EmailAddress.objects.filter(email="thief@example.com").exists()
    client.post("/accounts/reauthenticate/", {"password": "wrong"})
    assert add(client)["Location"].startswith("/accounts/reauthenticate/")
    client.post("/accounts/reauthenticate/", {"password": PASSWORD})
    add(client)
    assert EmailAddress.objects.filter(email="thief@example.com").exists()


def test_a_changed_password_is_mailed(client, ann):
    before = OutgoingMail.objects.count()
    sent = {"oldpassword": PASSWORD, "password1": "another horse battery", "password2": "another horse battery"}
    assert client.post("/accounts/password/change/", sent).status_code == 302
    assert OutgoingMail.objects.count() == before + 1
    assert OutgoingMail.objects.last().recipient == "ann@example.com"


@pytest.mark.parametrize("password", ["nine-char", "1234567890"])
def test_a_password_that_is_easily_guessed_is_refused(client, password):
    answer = client.post("/accounts/signup/", {"email": "new@example.com", "password1": password})
    assert answer.status_code == 200
    assert answer.context["form"].errors["password1"]
