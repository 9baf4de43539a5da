"""Which addresses a browser may name for its pushes.

A stranger names them, so none may lead to a host that is not listed.
"""

import socket

import pytest
import requests
from django.conf import settings as site
from hypothesis import example, given, settings
from hypothesis import strategies as st
from urllib3.util import parse_url

from events.delivery.processing import process
from events.models import Delivery
from orders.models import PushSubscription
from orders.notifications import webpush
from shop.lib import outbound
from tests.orders.notifications.conftest import Browser, ask, pay


class Nowhere:
    url = "https://fcm.googleapis.com"


def keep(order, browser, **changes):
    """A subscription as an earlier version of the shop may have kept it."""
    keys = browser.subscription["keys"]
    values = {"endpoint": browser.subscription["endpoint"], "p256dh": keys["p256dh"], "auth": keys["auth"]}
    return PushSubscription.objects.create(order=order, language="en", **values | changes)


@settings(max_examples=400, deadline=None)
@given(
    st.text(alphabet="htps:/\\@#?.%[]0127ax \0\t\né。", max_size=40),
    st.sampled_from(site.WEBPUSH_HOSTS),
    st.text(alphabet=":/\\@#?.%4380x", max_size=12),
)
@example("https://evil.example\\.", "fcm.googleapis.com", "/x")
@example("https://127.0.0.1\\.", "fcm.googleapis.com", "/x")
@example("https://a@", "fcm.googleapis.com", "/x")
@example("https://", "fcm.googleapis.com", ":444/x")
@example("https://", "fcm.googleapis.com", "@evil.example/x")
@example("https://", "fcm.googleapis.com", "/x")
@example("https://a.", "push.apple.com", ":443/x")
def test_what_is_allowed_goes_where_it_says(start, known, rest):
    endpoint = f"{start}{known}{rest}"
    if not webpush.known_service(endpoint):
        return
    sent = parse_url(requests.Request("POST", endpoint).prepare().url)
    assert sent.scheme == "https"
    assert sent.auth is None
    assert sent.port in (None, 443)
    assert any(sent.host == host or sent.host.endswith(f".{host}") for host in site.WEBPUSH_HOSTS)


BAD = [
    "https://127.0.0.1\\.fcm.googleapis.com/x",
    "https://169.254.169.254\\.push.apple.com/x",
    "https://evil.example\\@fcm.googleapis.com/x",
    "https://fcm.googleapis.com@evil.example/x",
    "https://fcm.googleapis.com:80/x",
    "https://fcm.googleapis.com:0443/x",
    "https://fcm.googleapis.com./x",
    "https://.fcm.googleapis.com/x",
    "https://fcm.googleapis.com/x\0",
    "https://fcm.googleapis.com/x y",
    "https://fcm.googleapis.com/x\n",
    "\thttps://fcm.googleapis.com/x",
    "https://fcm。googleapis。com/x",
    "https://fcm.googleapis.com/é",
    "https://fcm.googleapis.com/x%zz",
    "https://fcm.googleapis.com#evil.example/x",
    "https://fcm.googleapis.com?x",
    "HTTPS://FCM.GOOGLEAPIS.COM/x",
    "https:fcm.googleapis.com/x",
    "//fcm.googleapis.com/x",
    "http://127.0.0.1/x",
    "https://127.0.0.1/x",
]


@pytest.mark.django_db
@pytest.mark.parametrize("endpoint", BAD)
def test_an_address_that_can_be_read_in_two_ways_is_refused(guest, endpoint):
    order, client = guest
    browser = Browser(Nowhere)
    browser.subscription["endpoint"] = endpoint
    assert ask(client, order, browser).status_code == 422
    assert not PushSubscription.objects.exists()


@pytest.mark.django_db
@pytest.mark.parametrize("endpoint", ["https://127.0.0.1\\.fcm.googleapis.com/x", "https://fcm.googleapis.com:8443/x"])
def test_an_address_that_was_kept_before_the_rule_is_deleted_and_nothing_is_sent_there(guest, monkeypatch, endpoint):
    order, _ = guest
    keep(order, Browser(Nowhere), endpoint=endpoint)
    monkeypatch.setattr(outbound.Session, "_connect", lambda *_: pytest.fail("a connection was made"))
    process(pay(order), order.stream)
    assert not PushSubscription.objects.exists()
    assert Delivery.objects.get(handler="webpush").state == "done"


@pytest.mark.django_db
def test_a_service_whose_name_leads_inside_is_not_connected_to(guest, monkeypatch):
    order, _ = guest
    keep(order, Browser(Nowhere))
    inside = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("10.0.0.7", 443))]
    monkeypatch.setattr(outbound.socket, "getaddrinfo", lambda *_, **__: inside)
    process(pay(order), order.stream)
    assert "no public address" in Delivery.objects.get(handler="webpush").last_error


@pytest.mark.django_db
def test_a_subscription_at_a_host_that_does_not_exist_is_deleted(guest, monkeypatch):
    order, _ = guest
    keep(order, Browser(Nowhere), endpoint="https://made-up.push.apple.com/x")

    def unknown(*_, **__):
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(outbound.socket, "getaddrinfo", unknown)
    process(pay(order), order.stream)
    assert not PushSubscription.objects.exists()
    assert Delivery.objects.get(handler="webpush").state == "done"


@pytest.mark.django_db
def test_a_resolver_that_is_away_deletes_nothing(guest, monkeypatch):
    order, _ = guest
    keep(order, Browser(Nowhere))

    def away(*_, **__):
        raise socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution")

    monkeypatch.setattr(outbound.socket, "getaddrinfo", away)
    process(pay(order), order.stream)
    assert PushSubscription.objects.count() == 1
    assert Delivery.objects.get(handler="webpush").attempts == 1
