"""The button of a mail program (RFC 8058) takes an alert back: without a session or a form, by a signed token."""

import pytest
from allauth.core.context import request_context
from django.core import mail as outbox
from django.core import signing
from django.test import Client, RequestFactory

from orders import access_links
from orders.notifications import samples
from shop.catalog import stock
from shop.wishes import alerts
from shop.wishes.models import StockAlert
from tests.support.factories import ProductFactory, VariantFactory, make_order

pytestmark = pytest.mark.django_db
ONE_CLICK = {"List-Unsubscribe": "One-Click"}


@pytest.fixture
def mug():
    return VariantFactory(product=ProductFactory(title="Mug", title_zh_hans="马克杯"), stocked=0)


@pytest.fixture
def program():
    """A mail program: no cookie, no form of ours."""
    return Client(enforce_csrf_checks=True)


def address_in(letter, settings):
    """What a program reads from the header."""
    assert letter.extra_headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    header = letter.extra_headers["List-Unsubscribe"]
    assert (header[0], header[-1]) == ("<", ">")
    return header[1:-1].removeprefix(settings.SITE_URL)


@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_one_post_takes_the_alert_back_however_often_it_comes(program, mug, process_all, settings, language):
    alerts.request(mug, "ann@example.com", language)
    alerts.request(mug, "bo@example.com", "en")
    process_all()
    letter = next(each for each in outbox.outbox if each.to == ["ann@example.com"])
    address = address_in(letter, settings)
    for _ in range(2):
        answer = program.post(address, ONE_CLICK)
        assert answer.status_code == 200  # a program follows no redirect
        assert answer["Content-Language"] == language
    assert [each.email for each in StockAlert.objects.all()] == ["bo@example.com"]
    stock.adjust(mug, 5)
    process_all()
    assert [each.to[0] for each in outbox.outbox if "is back" in each.subject and "when" not in each.subject] == [
        "bo@example.com"
    ]


def test_the_mail_that_says_that_it_is_back_has_it_too(program, mug, process_all, settings):
    alerts.request(mug, "ann@example.com", "en")
    stock.adjust(mug, 5)
    process_all()
    answer = program.post(address_in(outbox.outbox[-1], settings), ONE_CLICK)
    assert "You get no mail about this any more." in answer.content.decode()


def test_a_look_at_the_address_takes_nothing_back_and_shows_a_button(client, mug, process_all, settings):
    alerts.request(mug, "ann@example.com", "en")
    process_all()
    address = address_in(outbox.outbox[0], settings)
    assert "Leave it" in client.get(address).content.decode()
    assert StockAlert.objects.exists()
    client.post(address, ONE_CLICK)
    assert "nothing that we would write to you about" in client.get(address).content.decode()


def test_a_wrong_token_takes_nothing_back_and_is_said(client, program, mug):
    alerts.request(mug, "ann@example.com", "en")
    alert = StockAlert.objects.get()
    forged = [
        str(alert.pk),
        signing.dumps(str(alert.pk), salt="other"),
        signing.dumps(str(alert.pk), salt=alerts._SALT)[:-1],
        access_links.token(make_order()),
        "x",
    ]
    for token in forged:
        answer = program.post(f"/back-in-stock/unsubscribe/{token}/", ONE_CLICK)
        assert answer.status_code == 404
        assert "This link is not one of ours." in client.get(f"/back-in-stock/unsubscribe/{token}/").content.decode()
    assert StockAlert.objects.get() == alert


def test_no_mail_about_an_order_or_an_account_can_be_unsubscribed(rf: RequestFactory, client):
    request = rf.get("/")
    request.session = client.session
    with request_context(request):
        letters = [each.make(request, "en") for each in samples.every()]
    assert len(letters) > 20
    assert not [each.subject for each in letters if any("list-" in name.lower() for name in each.extra_headers)]
