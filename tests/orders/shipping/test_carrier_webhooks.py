"""What carriers post: signed scans – late, doubled, from the future, for nobody's parcel."""

import base64
import hashlib
import hmac
import json
from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone

from orders.lifecycle import Status
from orders.models import DeliveryMethod, Order, Parcel, Scan, WaitingScan, WebhookEvent
from orders.shipping import parcels, scans
from orders.shipping.carriers.aftership.carrier import TAGS
from orders.shipping.carriers.courier import carrier as courier
from shop.lib import signatures

pytestmark = pytest.mark.slow
SECRET = "aftership-secret"


@pytest.fixture
def sent(order):
    """A parcel that the courier brings."""
    DeliveryMethod.objects.update(sent_by="courier")
    order.refresh_from_db()
    parcels.send(order.ref, None, actor="staff:1", tracking="C1")
    return Parcel.objects.get()


def post(client, scan="in_transit", at=None, tracking="C1", id="", **changed):
    headers, body = courier.webhook(tracking, scan, at or timezone.now(), "Hub", id)
    headers |= changed
    return client.post("/carriers/courier/webhook/", body, content_type="application/json", headers=headers)


def test_a_scan_is_booked_and_moves_the_order(client, sent):
    assert post(client, "out_for_delivery").json() == {"outcome": "1 booked"}
    assert Order.objects.get().status == Status.OUT_FOR_DELIVERY
    assert Scan.objects.get(kind="out_for_delivery").place == "Hub"


def test_the_same_webhook_again_changes_nothing(client, sent):
    at = timezone.now()
    post(client, at=at, id="w1")
    version = Order.objects.get().version
    assert post(client, at=at, id="w1").json() == {"outcome": "1 repeated"}
    assert Order.objects.get().version == version
    assert WebhookEvent.objects.get(gateway="carriers/courier").times == 2


def test_a_late_scan_is_kept_and_moves_nothing_back(client, sent):
    post(client, "delivered")
    post(client, "in_transit", at=timezone.now() - timedelta(days=1))
    assert Order.objects.get().status == Status.DELIVERED
    sent.refresh_from_db()
    assert sent.state == "delivered"
    assert Scan.objects.filter(kind="in_transit").exists()


def test_a_scan_from_2038_counts_from_now_and_does_not_hide_what_comes_after(client, sent):
    far = datetime(2038, 1, 19, tzinfo=UTC)
    assert post(client, "in_transit", at=far).json() == {"outcome": "1 booked"}
    assert Scan.objects.get(kind="in_transit").at <= timezone.now()
    assert Scan.objects.get(kind="in_transit").said_at == far
    assert post(client, "in_transit", at=far).json() == {"outcome": "1 repeated"}
    post(client, "out_for_delivery")
    sent.refresh_from_db()
    assert sent.state == "out_for_delivery"


def test_a_scan_of_another_parcel_that_had_the_number_before_is_left_out(client, sent):
    long_ago = timezone.now() - timedelta(days=400)
    assert post(client, "delivered", at=long_ago).json() == {"outcome": "1 older than the parcel"}
    assert Order.objects.get().status == Status.SHIPPED


def test_what_has_arrived_and_goes_back_is_troubled_and_the_order_stays(client, sent):
    post(client, "delivered", at=timezone.now() - timedelta(hours=2))
    post(client, "in_transit", at=timezone.now() - timedelta(hours=1))
    sent.refresh_from_db()
    assert sent.state == "delivered"
    post(client, "returned_to_sender")
    sent.refresh_from_db()
    assert (sent.state, Order.objects.get().status) == ("returned_to_sender", Status.DELIVERED)


def test_a_scan_for_an_unknown_parcel_waits(client, sent):
    assert post(client, tracking="NOBODY").json() == {"outcome": "1 unknown parcel"}
    assert WaitingScan.objects.get().tracking == "NOBODY"


@pytest.mark.parametrize("signature", ["", "t=1,v1=00", "t=²,v1=x", "t=9999999999999,v1=x", "é"])
def test_a_wrong_signature_is_refused(client, sent, signature):
    assert post(client, **{courier.SIGNATURE: signature}).status_code == 401
    assert Scan.objects.count() == 1


def test_an_old_signature_is_refused(client, sent):
    _, body = courier.webhook("C1", "delivered", timezone.now())
    headers = {courier.SIGNATURE: signatures.sign(courier.SALT, body, 1_700_000_000)}
    answer = client.post("/carriers/courier/webhook/", body, content_type="application/json", headers=headers)
    assert answer.status_code == 401


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"\xff",
        b'{"id":"1","tracking":"C1","scan":"exploded","at":"2026-01-01T00:00:00Z"}',
        b'{"id":"1","tracking":"C1","scan":"delivered","at":"2026-01-01T00:00:00"}',
        b'{"id":"","tracking":"C1","scan":"delivered","at":"2026-01-01T00:00:00Z"}',
        b'{"id":"1","tracking":"C1","scan":"delivered","at":"soon"}',
    ],
)
def test_what_makes_no_sense_is_422_and_books_nothing(client, sent, body):
    headers = {courier.SIGNATURE: signatures.sign(courier.SALT, body)}
    answer = client.post("/carriers/courier/webhook/", body, content_type="application/json", headers=headers)
    assert answer.status_code == 422
    assert Scan.objects.count() == 1


def test_a_number_that_the_database_cannot_keep_is_said(client, sent):
    assert post(client, tracking="x" * 61).json() == {"outcome": "1 no tracking number"}
    assert post(client, tracking="  ").json() == {"outcome": "1 no tracking number"}


def test_an_unknown_carrier_is_404_and_staff_post_nothing(client, db):
    assert client.post("/carriers/nobody/webhook/", b"{}", content_type="application/json").status_code == 404
    assert client.post("/carriers/manual/webhook/", b"{}", content_type="application/json").status_code == 401


# -- AfterShip ------------------------------------------------------------------------------------


@pytest.fixture
def aftership(settings, sent):
    settings.CARRIERS = [*settings.CARRIERS, "orders.shipping.carriers.aftership.carrier.AfterShip"]
    settings.AFTERSHIP_SECRET = SECRET
    sent.sent_by = "aftership"
    sent.save()
    return sent


def update(*checkpoints, **more):
    made = {"event": "tracking_update", "event_id": "3f645f5e", "is_tracking_first_tag": True, "ts": 1700000000}
    made["msg"] = {"id": "g", "tracking_number": "C1", "slug": "dhl", "tag": "InTransit", "checkpoints": checkpoints}
    return json.dumps(made | more).encode()


def checkpoint(tag, at, **more):
    return {"tag": tag, "subtag": f"{tag}_001", "checkpoint_time": at, "slug": "dhl", "location": "Leipzig"} | more


def tell(client, body, secret=SECRET):
    signed = base64.b64encode(hmac.new(secret.encode(), body, hashlib.sha256).digest()).decode()
    headers = {"aftership-hmac-sha256": signed}
    return client.post("/carriers/aftership/webhook/", body, content_type="application/json", headers=headers)


def test_all_checkpoints_are_booked_once_however_often_they_are_told(client, aftership):
    now = timezone.now()
    first = checkpoint("InTransit", (now - timedelta(hours=3)).isoformat())
    second = checkpoint("OutForDelivery", (now - timedelta(hours=1)).isoformat())
    assert tell(client, update(first)).json() == {"outcome": "1 booked"}
    assert tell(client, update(first, second, event_id="other")).json() == {"outcome": "1 repeated, 1 booked"}
    assert Order.objects.get().status == Status.OUT_FOR_DELIVERY
    assert Scan.objects.get(kind="in_transit").place == "Leipzig"


@pytest.mark.parametrize(("tag", "kind"), TAGS.items())
def test_each_tag_is_a_scan(client, aftership, tag, kind):
    tell(client, update(checkpoint(tag, timezone.now().isoformat())))
    assert Scan.objects.order_by("-pk")[0].kind == kind


def test_what_goes_back_to_the_sender_is_told_apart_from_other_exceptions(client, aftership):
    tell(client, update(checkpoint("Exception", timezone.now().isoformat(), subtag="Exception_011")))
    aftership.refresh_from_db()
    assert aftership.state == "returned_to_sender"


@pytest.mark.parametrize(
    ("time", "read"),
    [
        ("2026-11-20T10:00:00", "2026-11-20T09:00:00+00:00"),
        ("2026-11-20T10:00:00-08:00", "2026-11-20T18:00:00+00:00"),
        ("2026-11-20", "2026-11-19T23:00:00+00:00"),
    ],
)
def test_a_time_without_a_zone_is_the_shops(client, aftership, time, read):
    tell(client, update(checkpoint("InTransit", time)))
    assert Scan.objects.get(kind="in_transit").said_at.isoformat() == read


@pytest.mark.parametrize("time", ["", None, "yesterday"])
def test_a_checkpoint_without_a_time_has_that_of_its_making_or_is_left_out(client, aftership, time):
    assert tell(client, update(checkpoint("InTransit", time))).json() == {"outcome": "no scan"}
    made = timezone.now().isoformat()
    assert tell(client, update(checkpoint("InTransit", time, created_at=made))).json() == {"outcome": "1 booked"}


@pytest.mark.parametrize("tag", ["Pending", "Expired", "SomethingNew"])
def test_a_tag_that_says_nothing_of_the_parcel_is_no_scan(client, aftership, tag):
    assert tell(client, update(checkpoint(tag, timezone.now().isoformat()))).json() == {"outcome": "no scan"}


def test_another_secret_and_no_secret_are_refused(client, aftership, settings):
    assert tell(client, update(), secret="other").status_code == 401
    settings.AFTERSHIP_SECRET = ""
    assert tell(client, update(), secret="").status_code == 401


@pytest.mark.parametrize("body", [b"", b"[1]", b'{"msg": {"checkpoints": []}}', b'{"event_id": 5}'])
def test_a_body_that_is_none_of_its_is_422(client, aftership, body):
    assert tell(client, body).status_code == 422


def test_the_newest_scan_by_its_own_time_is_the_parcels_state(sent):
    now = timezone.now()
    scans.scan(sent, "exception", now - timedelta(hours=1))
    scans.scan(sent, "in_transit", now - timedelta(hours=2))
    sent.refresh_from_db()
    # That it was announced just now is older than both, whatever the clock says.
    assert sent.state == "exception"
