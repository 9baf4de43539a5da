"""The demo's logins work in the demo and nowhere else."""

import pytest
from django.contrib.auth.hashers import PBKDF2PasswordHasher
from django.core.management import call_command
from django.test import Client

from shop.accounts import demo_logins
from shop.accounts.models import User
from shop.demo import content

pytestmark = pytest.mark.django_db

HASHERS = ["django.contrib.auth.hashers.PBKDF2PasswordHasher", "shop.accounts.demo_logins.DemoHasher"]


@pytest.fixture(autouse=True)
def people(settings, monkeypatch):
    monkeypatch.setattr(PBKDF2PasswordHasher, "iterations", 10)  # the rule is the same, and the tests are quick
    settings.PASSWORD_HASHERS = HASHERS[::-1]
    settings.DEMO = True
    content.people()


def outside_the_demo(settings):
    settings.DEMO = False
    settings.PASSWORD_HASHERS = HASHERS


def enters(email):
    return Client().post("/accounts/login/", {"login": email, "password": "demo"}).status_code == 302


@pytest.mark.parametrize("email", demo_logins.EMAILS)
def test_a_demo_login_opens_the_demo_and_no_real_shop(settings, email):
    assert enters(email)
    outside_the_demo(settings)
    assert not enters(email)
    assert not User.objects.get(email=email).check_password("demo")


def test_a_password_that_is_set_in_the_demo_is_good_only_there(settings):
    User.objects.create_superuser("visitor@example.com", "a-password-of-my-own")
    outside_the_demo(settings)
    assert not User.objects.get(email="visitor@example.com").check_password("a-password-of-my-own")


def test_a_password_that_is_set_in_a_real_shop_works(settings):
    outside_the_demo(settings)
    assert User.objects.create_user("real@example.com", "word").check_password("word")


def test_a_demo_login_is_found_whatever_its_hash(settings):
    outside_the_demo(settings)
    admin = User.objects.get(email=demo_logins.ADMIN)
    admin.set_password("demo")  # as an older version of the demo made it
    admin.save()
    assert demo_logins.ADMIN in demo_logins.active()


def test_an_account_that_only_has_the_same_address_is_no_demo_login(settings):
    outside_the_demo(settings)
    for user in User.objects.all():
        user.set_password("something-else")
        user.save()
    assert demo_logins.active() == []


def test_leaving_the_demo_ends_its_logins_and_their_sessions(settings, capsys):
    browser = Client()
    browser.post("/accounts/login/", {"login": demo_logins.ADMIN, "password": "demo"})
    assert browser.get("/admin/").status_code == 200
    call_command("leave_demo")
    assert demo_logins.active() == []
    assert browser.get("/admin/").status_code == 302
    assert "admin@example.com" in capsys.readouterr().out
    assert not User.objects.filter(email__in=demo_logins.EMAILS, is_superuser=True).exists()


def test_leaving_the_demo_twice_does_no_harm(capsys):
    call_command("leave_demo")
    call_command("leave_demo")
    assert demo_logins.active() == []
