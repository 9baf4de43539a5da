"""A browser whose push service fails or misbehaves delays no other browser and ends no process."""

import json
import time

import pytest

from events.delivery.processing import process
from events.models import Delivery
from orders.models import PushSubscription
from orders.notifications import webpush, webpush_sending
from tests.orders.notifications.conftest import Browser, ask, pay, unpadded
from tests.orders.notifications.test_webpush_addresses import keep
from tests.support.trickle import Trickle

pytestmark = pytest.mark.django_db
NOT_ON_THE_CURVE = unpadded(b"\x04" + b"\x01" * 64)


@pytest.mark.parametrize("point", [bytes(65), b"\x04" + b"\x01" * 64, b"\x04" + b"\xff" * 64, b"\x02" + bytes(64)])
def test_a_key_that_is_on_no_curve_is_refused(guest, service, point):
    order, client = guest
    browser = Browser(service)
    browser.subscription["keys"]["p256dh"] = unpadded(point)
    assert ask(client, order, browser).status_code == 422
    assert not PushSubscription.objects.exists()


@pytest.mark.parametrize("place", ["endpoint", "p256dh", "auth"])
def test_a_zero_byte_is_refused_and_not_dropped(guest, service, place):
    order, client = guest
    browser = Browser(service)
    holder = browser.subscription if place == "endpoint" else browser.subscription["keys"]
    holder[place] += "\0"
    assert ask(client, order, browser).status_code == 422


@pytest.mark.parametrize("raw", ['{"x":' + "[" * 4900, '{"x":' + '{"y":' * 900, "[" * 5000])
def test_json_of_any_depth_is_refused_in_words(guest, raw):
    order, client = guest
    answer = client.post(f"/orders/{order.ref}/push/", raw, "application/json")
    assert answer.status_code == 422
    assert answer.json()["error"]


def test_a_subscription_that_cannot_be_used_is_deleted_and_the_next_browser_is_told(guest, service):
    order, client = guest
    keep(order, Browser(service, "bad"), p256dh=NOT_ON_THE_CURVE)
    keep(order, Browser(service, "worse"), auth="?")
    good = Browser(service, "good")
    ask(client, order, good)
    process(pay(order), order.stream)
    assert [path for path, _, _ in service.posts] == ["/good"]
    assert [s.endpoint for s in PushSubscription.objects.all()] == [good.subscription["endpoint"]]
    assert Delivery.objects.get(handler="webpush").state == "done"


def test_an_error_that_nobody_foresaw_at_one_browser_does_not_stop_the_others(guest, service, monkeypatch):
    order, client = guest
    for name in ("one", "two"):
        ask(client, order, Browser(service, name))
    push = webpush_sending._push

    def fail_for_one(session, subscription, *rest):
        if subscription.endpoint.endswith("/one"):
            raise AttributeError("nobody foresaw this")
        push(session, subscription, *rest)

    monkeypatch.setattr(webpush_sending, "_push", fail_for_one)
    process(pay(order), order.stream)
    assert [path for path, _, _ in service.posts] == ["/two"]
    assert "nobody foresaw" in Delivery.objects.get(handler="webpush").last_error


@pytest.mark.slow
def test_a_service_that_answers_a_byte_at_a_time_is_left_in_time_and_the_others_are_told(guest, service, settings):
    order, client = guest
    settings.EVENT_HANDLER_TIMEOUT = 3
    with Trickle(b"HTTP/1.1 201 Created\r\n", b"X", pause=0.05) as slow:
        for name in ("one", "two"):
            ask(client, order, Browser(slow, name))
        ask(client, order, Browser(service, "good"))
        handler = pay(order)
        began = time.monotonic()
        process(handler, order.stream)
        assert time.monotonic() - began < settings.EVENT_HANDLER_TIMEOUT
    assert [path for path, _, _ in service.posts] == ["/good"]


@pytest.mark.slow
def test_all_browsers_together_end_before_the_watchdog_ends_the_worker(guest, settings):
    order, client = guest
    settings.EVENT_HANDLER_TIMEOUT = 3
    settings.WEBPUSH_HOSTS = ["127.0.0.1"]
    with Trickle(b"", b"", pause=0.05) as silent:
        for n in range(webpush.MOST):
            ask(client, order, Browser(silent, f"n{n}"))
        handler = pay(order)
        began = time.monotonic()
        process(handler, order.stream)
        assert time.monotonic() - began < settings.EVENT_HANDLER_TIMEOUT
    assert Delivery.objects.get(handler="webpush").attempts == 1


def test_a_body_that_is_cut_off_by_our_limit_is_refused(guest):
    order, client = guest
    answer = client.post(f"/orders/{order.ref}/push/", json.dumps({"x": "y" * 9000}), "application/json")
    assert answer.status_code == 422
