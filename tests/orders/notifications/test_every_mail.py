"""Each mail of the shop, in each language: what it must say, and that both parts say the same."""

import re
from html import unescape

import pytest
from allauth.core.context import request_context
from django.conf import settings
from django.test import RequestFactory

from orders.notifications import samples
from shop.accounts.adapter import AccountAdapter
from shop.pages import seeding
from tests.orders.conftest import member_of
from tests.support.factories import SellerFactory

pytestmark = [pytest.mark.slow, pytest.mark.django_db]

NAMES = [each.name for each in samples.every()]
LANGUAGES = [code for code, _ in settings.LANGUAGES]
LINK = re.compile(r"https?://[^\s<>\"']+")


@pytest.fixture
def shop(db):
    SellerFactory(register="Amtsgericht Berlin HRB 1")
    seeding.seed(published=True)


def parts(name, language):
    request = RequestFactory().get("/")
    sample = next(each for each in samples.every() if each.name == name)
    with request_context(request):
        letter = sample.make(request, language)
    return letter, letter.body, letter.alternatives[0][0]


@pytest.mark.usefixtures("shop")
@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", NAMES)
def test_a_mail_says_what_every_mail_must_say(name, language):
    letter, text, html = parts(name, language)
    of_order = "/" in letter.subject or name in {*samples.mail.SUBJECTS, *samples.mail.RETURNS, *samples.mail.DOCUMENTS}
    for part in (text, html):
        assert "shop@example.com" in part
        assert "Kastanienweg 7" in part
        assert "Amtsgericht Berlin HRB 1" in part
        assert f"{settings.SITE_URL}{'/zh-hans' if language == 'zh-hans' else ''}/contact/" in part
        if of_order or name.startswith("question."):
            assert samples.REF in part
        assert any("\u4e00" <= letter <= "\u9fff" for letter in part) is (language == "zh-hans")


@pytest.mark.usefixtures("shop")
@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", NAMES)
def test_both_parts_have_the_same_links(name, language):
    _, text, html = parts(name, language)
    in_html = {unescape(address) for address in re.findall(r'href="(http[^"]+)"', html)}
    assert in_html
    assert set(LINK.findall(text)) == in_html


@pytest.mark.usefixtures("shop")
@pytest.mark.parametrize("name", NAMES)
def test_a_mail_loads_nothing(name):
    _, _, html = parts(name, "en")
    assert not re.search(r"<(img|link|script|iframe|object|embed)\b|url\(|@import|src=", html)


@pytest.mark.usefixtures("shop")
def test_the_styles_stand_in_the_elements_and_those_of_dark_windows_in_the_head():
    _, _, html = parts("order.placed", "en")
    assert re.search(r'class="button"[^>]*style="[^"]*margin: 24px 0', html)
    (left,) = re.findall(r"<style>(.*?)</style>", html, re.S)
    assert "prefers-color-scheme" in left
    assert ".letter" not in left


def test_a_shop_without_seller_and_pages_names_the_address_that_its_mails_come_from():
    _, text, html = parts("order.placed", "en")
    for part in (text, html):
        assert "shop@example.com" in part
        assert "/imprint/" not in part


def test_a_mail_of_an_account_shows_what_somebody_typed_as_text():
    request = RequestFactory().get("/")
    context = {"activate_url": "https://shop.example.com/x", "user": samples.get_user_model()(email="<b>a@example.com")}
    with request_context(request):
        written = AccountAdapter(request).written("account/email/email_confirmation", "a@example.com", context)
    assert "<b>a@" not in written.html
    assert '<a href="https://shop.example.com/x"' in written.html


class TestThePageOfStaff:
    """`/admin/mails/`."""

    @pytest.mark.parametrize("name", NAMES)
    def test_it_shows_each_mail(self, admin_client, name):
        page = admin_client.get("/admin/mails/", {"mail": name, "in": "zh-hans"})
        assert page.status_code == 200
        framed = admin_client.get("/admin/mails/html/", {"mail": name, "in": "zh-hans"})
        assert framed.headers["X-Frame-Options"] == "SAMEORIGIN"
        assert "<!doctype html>" in framed.content.decode().lower()

    @pytest.mark.parametrize("wrong", [{"mail": "none"}, {"in": "xx"}])
    def test_what_does_not_exist_is_not_found(self, admin_client, wrong):
        assert admin_client.get("/admin/mails/", wrong).status_code == 404
        assert admin_client.get("/admin/mails/html/", wrong).status_code == 404

    @pytest.mark.parametrize(("role", "status"), [("Manager", 200), ("Support", 302)])
    def test_it_is_for_who_says_who_the_seller_is(self, client, role, status):
        client.force_login(member_of(role))
        assert client.get("/admin/mails/").status_code == status
        assert client.get("/admin/mails/html/").status_code == status

    def test_it_stores_and_sends_nothing(self, admin_client, mailoutbox):
        from orders.models import Message, Order, Question

        for name in NAMES:
            admin_client.get("/admin/mails/", {"mail": name})
        assert not mailoutbox
        assert not any(model.objects.exists() for model in (Order, Question, Message))
