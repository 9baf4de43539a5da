"""Signing in: one page for members and staff, limits that lock nobody else out, a log of wrong passwords."""

import logging

import pytest
import redis
from django.core.cache import cache
from django.test import Client

from shop.accounts.models import User
from tests.support.factories import UserFactory

pytestmark = [pytest.mark.django_db, pytest.mark.slow]
PASSWORD = "secret-word-7"


@pytest.fixture(autouse=True)
def _behind_one_proxy(settings):
    settings.TRUSTED_PROXIES = 1


def sign_in(email, password, address="203.0.113.5", client=None, path="/accounts/login/", forged=""):
    forwarded = f"{forged}, {address}" if forged else address
    return (client or Client()).post(
        path, {"login": email, "password": password}, headers={"X-Forwarded-For": forwarded}
    )


def signed_in(response):
    return response.status_code == 302


@pytest.fixture
def member():
    return UserFactory(email="member@example.com")


@pytest.fixture
def staff():
    return User.objects.create_superuser("boss@example.com", PASSWORD)


def test_the_door_of_the_admin_is_the_members_door(client):
    answer = client.get("/admin/login/?next=/admin/orders/order/")
    assert answer.status_code == 302
    assert answer["Location"].startswith("/accounts/login/?next=")


def test_signing_in_at_the_admins_door_lands_in_the_admin(client, staff):
    page = client.get("/admin/login/", follow=True)
    where = page.context["redirect_field_value"]
    answer = client.post("/accounts/login/", {"login": staff.email, "password": PASSWORD, "next": where}, follow=True)
    assert answer.redirect_chain[-1][0] == "/admin/"


def test_signing_in_lands_where_next_says(client, staff):
    answer = client.post(
        "/accounts/login/", {"login": staff.email, "password": PASSWORD, "next": "/admin/orders/order/"}
    )
    assert answer["Location"] == "/admin/orders/order/"


def test_the_admins_own_form_signs_nobody_in(client, staff):
    answer = client.post("/admin/login/", {"username": staff.email, "password": PASSWORD})
    assert answer["Location"].startswith("/accounts/login/")
    assert client.get("/admin/").status_code == 302


def test_a_member_at_the_admins_door_is_told_so_in_the_shops_design(client, member):
    client.force_login(member)
    page = client.get("/admin/", follow=True)
    assert page.status_code == 403
    assert "Not for this login" in page.content.decode()


def test_the_right_password_does_not_help_after_five_wrong_ones(member):
    for _ in range(5):
        assert not signed_in(sign_in(member.email, "wrong"))
    assert not signed_in(sign_in(member.email, PASSWORD))


@pytest.mark.parametrize("spelling", ["MEMBER@example.com", " member@example.com", "Member@Example.Com"])
def test_another_spelling_of_the_account_is_the_same_account(member, spelling):
    for _ in range(5):
        sign_in(spelling, "wrong")
    assert not signed_in(sign_in(member.email, PASSWORD))


def test_a_stranger_who_guesses_does_not_lock_the_owner_out(member):
    for number in range(30):
        sign_in(member.email, "wrong", f"198.51.100.{number // 4}")
    assert signed_in(sign_in(member.email, PASSWORD, "203.0.113.9"))


def test_a_stranger_who_guesses_does_not_lock_out_other_accounts(member):
    for number in range(12):
        sign_in(f"other{number}@example.com", "wrong", "198.51.100.1")
    assert not signed_in(sign_in(member.email, PASSWORD, "198.51.100.1"))
    assert signed_in(sign_in(member.email, PASSWORD, "203.0.113.9"))


def test_an_invented_address_in_front_does_not_help_a_guesser(member):
    for number in range(6):
        sign_in(member.email, "wrong", "198.51.100.1", forged=f"10.0.0.{number}")
    assert not signed_in(sign_in(member.email, PASSWORD, "198.51.100.1", forged="10.0.0.99"))


@pytest.mark.slow
def test_many_addresses_guess_no_faster_than_a_hundred_an_hour(member):
    for number in range(100):
        sign_in(member.email, "wrong", f"198.51.{number // 4}.1")
    assert not signed_in(sign_in(member.email, PASSWORD, "203.0.113.9"))


def test_the_counters_are_shared_by_all_processes(member):
    """They are in Redis: what another process of the shop counts there is counted here, too."""
    for _ in range(5):
        sign_in(member.email, "wrong")
    assert any(b"login_failed" in key for key in redis.Redis.from_url(cache.server).keys("doorbell.cache*"))
    cache.own.clear()
    assert not signed_in(sign_in(member.email, PASSWORD))


def test_a_wrong_password_is_logged_without_the_words_that_were_typed(member, caplog):
    with caplog.at_level(logging.WARNING, "shop.accounts"):
        sign_in(member.email, "my-other-password", "203.0.113.77")
    (line,) = [record.getMessage() for record in caplog.records if record.name.startswith("shop.accounts")]
    assert "sign-in failed from 203.0.113.77" in line
    assert member.email not in line
    assert "my-other-password" not in line


@pytest.mark.parametrize(("language", "words"), [("en", "Too many requests"), ("zh-hans", "请求过于频繁")])
def test_too_many_requests_get_a_page_of_the_shop_in_their_language(language, words):
    client = Client(headers={"Accept-Language": language})
    for number in range(31):
        page = sign_in(f"o{number}@example.com", "wrong", client=client)
    assert page.status_code == 429
    assert page["Retry-After"] == "60"
    assert words in page.content.decode()
    assert 'class="foot' in page.content.decode()


def test_while_redis_is_away_people_sign_in_and_guessing_is_still_limited(member, settings, away):
    assert signed_in(sign_in(member.email, PASSWORD))
    for _ in range(5):
        sign_in(member.email, "wrong")
    assert not signed_in(sign_in(member.email, PASSWORD))


def test_whoever_makes_an_admin_vouches_for_the_address(settings, client, staff):
    settings.ACCOUNT_EMAIL_VERIFICATION = "mandatory"
    assert sign_in(staff.email, PASSWORD, client=client)["Location"] == "/orders/"


def test_somebody_added_in_the_admin_signs_in_without_a_mail(settings, client, staff):
    settings.ACCOUNT_EMAIL_VERIFICATION = "mandatory"
    client.force_login(staff)
    values = {"email": "packer@example.com", "password1": PASSWORD, "password2": PASSWORD, "usable_password": "true"}
    assert client.post("/admin/accounts/user/add/", values).status_code == 302
    assert sign_in("packer@example.com", PASSWORD)["Location"] == "/orders/"
