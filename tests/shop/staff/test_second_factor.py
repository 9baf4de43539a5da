"""Staff sign in with a second factor."""

import re
import time

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal import auth as totp
from django.test import Client

from tests.support.factories import UserFactory

pytestmark = [pytest.mark.django_db, pytest.mark.slow]
PASSWORD = "correct horse battery"


@pytest.fixture(autouse=True)
def _demanded(settings):
    settings.STAFF_SECOND_FACTOR = True


@pytest.fixture
def packer():
    person = UserFactory(email="packer@example.com", is_staff=True, is_superuser=True)
    person.set_password(PASSWORD)
    person.save()
    person.confirm_address()
    return person


def sign_in(client, person):
    return client.post("/accounts/login/", {"login": person.email, "password": PASSWORD}, follow=True)


def code_of(secret, at=None):
    return totp.format_hotp_value(totp.hotp_value(secret, int((at or time.time()) // 30)))


@pytest.mark.parametrize("path", ["/admin/", "/admin/orders/order/", "/admin/board/", "/orders/", "/live/ticket", "/"])
def test_without_one_staff_are_led_to_where_it_is_set_up(client, packer, path):
    client.force_login(packer)
    answer = client.get(path)
    assert (answer.status_code, answer["Location"]) == (302, "/accounts/2fa/")
    page = client.get("/accounts/2fa/")
    assert page.status_code == 200
    assert "Staff sign in with a second factor" in page.content.decode()


def test_members_need_none(client):
    client.force_login(UserFactory())
    assert client.get("/orders/").status_code == 200


def test_the_setting_takes_the_demand_away(client, packer, settings):
    settings.STAFF_SECOND_FACTOR = False
    client.force_login(packer)
    assert client.get("/admin/").status_code == 200


def set_up(client, person):
    """Set up a code app by the pages, as a person does. Returns its secret."""
    sign_in(client, person)
    client.post("/accounts/reauthenticate/", {"password": PASSWORD})
    page = client.get("/accounts/2fa/totp/activate/").content.decode()
    secret = re.search(r'value="([A-Z2-7]{32})"', page)[1]
    client.post("/accounts/2fa/totp/activate/", {"code": code_of(secret)})
    return secret


def test_a_code_app_is_set_up_and_then_asked_for(client, packer):
    secret = set_up(client, packer)
    assert Authenticator.objects.filter(user=packer, type="totp").exists()
    assert client.get("/admin/").status_code == 200
    other = Client()
    page = sign_in(other, packer)
    assert page.redirect_chain[-1][0] == "/accounts/2fa/authenticate/"
    assert other.get("/admin/").status_code == 302  # the password alone opens nothing
    wrong = other.post("/accounts/2fa/authenticate/", {"code": "000000"})
    assert wrong.status_code == 200
    assert other.get("/admin/").status_code == 302
    other.post("/accounts/2fa/authenticate/", {"code": code_of(secret, time.time() + 30)})
    assert other.get("/admin/").status_code == 200


def test_a_code_is_good_once(client, packer):
    secret = set_up(client, packer)
    used = code_of(secret, time.time() + 30)
    for opened in (200, 302):
        browser = Client()
        sign_in(browser, packer)
        browser.post("/accounts/2fa/authenticate/", {"code": used})
        assert browser.get("/admin/").status_code == opened


def test_staff_sign_in_again_after_some_hours_and_members_do_not(client, packer, settings, monkeypatch):
    settings.STAFF_SECOND_FACTOR = False
    member = Client()
    client.force_login(packer)
    member.force_login(UserFactory())
    later = time.time() + settings.STAFF_SESSION_HOURS * 3600
    for seconds, status in ((-60, 200), (60, 302)):
        monkeypatch.setattr("shop.staff.second_factor.time.time", lambda at=later + seconds: at)
        assert client.get("/admin/").status_code == status
        assert member.get("/orders/").status_code == 200
    assert not client.session.get("_auth_user_id")


@pytest.mark.parametrize("language", ["en", "zh-hans"])
@pytest.mark.parametrize(
    "path",
    [
        "/accounts/2fa/",
        "/accounts/2fa/totp/activate/",
        "/accounts/2fa/webauthn/",
        "/accounts/2fa/webauthn/add/",
        "/accounts/2fa/recovery-codes/",
        "/accounts/reauthenticate/",
    ],
)
def test_its_pages_are_in_the_clothes_of_the_shop(client, packer, language, path):
    set_up(client, packer)
    page = client.get(path, headers={"accept-language": language}, follow=True).content.decode()
    assert 'class="top"' in page
    assert f'<html lang="{language}">' in page
