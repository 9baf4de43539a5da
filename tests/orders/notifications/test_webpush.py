"""Web Push with the keys of a browser, against a push service of our own on loopback."""

import pytest
from py_vapid import Vapid02

from events.delivery.processing import process
from events.models import Delivery
from orders.lifecycle import Actor, Status
from orders.models import PushSubscription
from orders.notifications import webpush, webpush_sending
from orders.transitions import transition
from tests.orders.notifications.conftest import Browser, ask, pay
from tests.support.factories import make_order

pytestmark = pytest.mark.django_db


def test_a_browser_that_asked_is_told_in_words_that_only_it_can_read(guest, service):
    order, client = guest
    browser = Browser(service)
    assert ask(client, order, browser).status_code == 204
    process(pay(order), order.stream)
    ((path, headers, body),) = service.posts
    update = browser.read(body)
    assert path == "/one"
    assert update["title"] == f"Paid · {order.ref}"
    assert update["url"] == f"/orders/{order.ref}/"
    assert order.ref.encode() not in body
    headers = {name.lower(): value for name, value in headers.items()}
    assert headers["ttl"] == str(webpush_sending.TTL)
    assert Vapid02.verify(headers["authorization"])
    assert headers["authorization"].endswith(f"k={webpush.public_key()}")


def test_asking_twice_is_being_told_once_and_taking_it_back_is_silence(guest, service):
    order, client = guest
    browser = Browser(service)
    ask(client, order, browser)
    ask(client, order, browser)
    assert PushSubscription.objects.count() == 1
    ask(client, order, browser, "delete")
    process(pay(order), order.stream)
    assert service.posts == []


@pytest.mark.parametrize("status", [404, 410, 403])
def test_a_browser_that_is_gone_is_forgotten(guest, service, status):
    order, client = guest
    ask(client, order, Browser(service))
    service.status = status
    handler = pay(order)
    process(handler, order.stream)
    assert not PushSubscription.objects.exists()
    assert Delivery.objects.get(handler="webpush").state == "done"


def test_a_service_that_is_away_is_tried_again_and_who_was_told_is_not_told_twice(guest, service):
    order, client = guest
    one, two = Browser(service, "one"), Browser(service, "two")
    ask(client, order, one)
    handler = pay(order)
    process(handler, order.stream)
    ask(client, order, two)
    service.status = 503
    transition(order.ref, Status.PREPARING, by=Actor.STAFF, actor="staff:1")
    transition(order.ref, Status.SHIPPED, by=Actor.STAFF, actor="staff:1")
    Delivery.objects.exclude(handler="webpush").delete()
    process(handler, order.stream)
    delivery = Delivery.objects.get(handler="webpush", acknowledged_at=None)
    assert delivery.attempts == 1
    assert PushSubscription.objects.count() == 2
    service.posts.clear()
    service.status = 201
    PushSubscription.objects.filter(endpoint__endswith="/one").update(last_event=delivery.event_id)
    Delivery.objects.filter(pk=delivery.pk).update(due_at=delivery.event.recorded_at)
    process(handler, order.stream)
    assert [path for path, _, _ in service.posts] == ["/two"]


def test_a_redirect_is_not_followed(guest, service):
    order, client = guest
    ask(client, order, Browser(service))
    service.status, service.headers = 307, {"Location": f"{service.url}/elsewhere"}
    process(pay(order), order.stream)
    assert [path for path, _, _ in service.posts] == ["/one"]


@pytest.mark.parametrize(
    "endpoint",
    [
        "http://169.254.169.254/latest/",
        "https://10.0.0.1/x",
        "https://evil.example/fcm.googleapis.com",
        "https://fcm.googleapis.com.evil.example/x",
        "https://evilfcm.googleapis.com.example/",
        "http://fcm.googleapis.com/x",
        "https://fcm.googleapis.com:8080/x",
        "https://user@fcm.googleapis.com/x",
        "file:///etc/passwd",
        "https://[::1/",
        "",
    ],
)
def test_an_address_of_no_known_push_service_is_never_kept(guest, settings, endpoint):
    order, client = guest

    class Nowhere:
        url = ""

    browser = Browser(Nowhere)
    browser.subscription["endpoint"] = endpoint
    answer = ask(client, order, browser)
    assert answer.status_code == 422
    assert not PushSubscription.objects.exists()


def test_the_services_of_the_browsers_are_known():
    for endpoint in (
        "https://fcm.googleapis.com/fcm/send/x",
        "https://updates.push.services.mozilla.com/wpush/v2/x",
        "https://web.push.apple.com/x",
        "https://wns2-par02p.notify.windows.com/w/?token=x",
    ):
        assert webpush.known_service(endpoint)


@pytest.mark.parametrize(
    "raw",
    [
        *(b"", b"null", b"[]", b"{}", b"\xff", b'{"endpoint": 1}', b"x" * 100_000),
        b'{"endpoint": "https://fcm.googleapis.com/x", "keys": {"p256dh": "AAAA", "auth": "AAAA"}}',
    ],
)
def test_what_is_no_subscription_is_refused_in_words(guest, raw):
    order, client = guest
    answer = client.post(f"/orders/{order.ref}/push/", raw, "application/json")
    assert answer.status_code == 422
    assert answer.json()["error"]


def test_nobody_subscribes_to_a_foreign_order(client, service):
    assert ask(client, make_order(), Browser(service)).status_code == 404


def test_there_is_an_end_to_the_browsers_of_one_order(guest, service):
    order, client = guest
    for n in range(23):
        ask(client, order, Browser(service, f"n{n}"))
    kept = {endpoint.rpartition("/")[2] for endpoint in PushSubscription.objects.values_list("endpoint", flat=True)}
    assert kept == {f"n{n}" for n in range(3, 23)}, "the newest twenty"


def test_a_service_that_does_not_answer_is_a_failure_like_any_other(guest, service):
    order, client = guest
    ask(client, order, Browser(service))
    service.server.shutdown()
    service.server.server_close()
    handler = pay(order)
    process(handler, order.stream)
    delivery = Delivery.objects.get(handler="webpush")
    assert delivery.attempts == 1
    assert "refused" in delivery.last_error
