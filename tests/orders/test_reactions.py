"""What follows from an order's events: stock, mail, timers, refunds."""

from datetime import timedelta

import pytest
from django.core import mail as outbox
from django.utils import timezone

from events.delivery import registry
from events.delivery.processing import process
from events.models import Delivery
from events.operations.replay import Range, replay
from orders import access_links
from orders.lifecycle import Actor, Status
from orders.models import Order, Parcel, Payment, Scan
from orders.payments import service as payments
from orders.shipping.scans import scan
from orders.transitions import transition
from shop.catalog import stock
from shop.catalog.models import Stock
from tests.orders.conftest import fill, form
from tests.support.factories import make_order

pytestmark = [pytest.mark.slow, pytest.mark.django_db]


@pytest.fixture
def order(client, variant, method):
    client.post("/checkout/", form(fill(client, variant, 2), method))
    return Order.objects.get()


@pytest.fixture(autouse=True)
def _memory_mail(settings):
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"


def staff(order, *targets):
    for target in targets:
        transition(order.ref, target, by=Actor.STAFF, actor="staff:1")


def in_stock(variant):
    row = Stock.objects.get(variant=variant)
    return row.on_hand, row.reserved


def test_shipping_takes_the_items_out_of_stock(order, variant, process_all):
    staff(order, Status.PAID, Status.PREPARING, Status.SHIPPED)
    process_all()
    assert in_stock(variant) == (8, 0)


def test_cancelling_releases_the_reservation(order, variant, process_all):
    assert in_stock(variant) == (10, 2)
    staff(order, Status.CANCELLED)
    process_all()
    assert in_stock(variant) == (10, 0)


def test_refunding_after_delivery_moves_no_stock(order, variant, process_all):
    staff(order, Status.PAID, Status.PREPARING, Status.SHIPPED, Status.DELIVERED, Status.REFUNDED)
    process_all()
    assert in_stock(variant) == (8, 0)


def test_ending_a_reservation_twice_ends_it_once(order, variant):
    from django.db import transaction

    with transaction.atomic():
        assert stock.release(order.ref) == 1
        assert stock.release(order.ref) == 0
    assert in_stock(variant) == (10, 0)


def test_an_order_nobody_pays_is_cancelled_when_its_time_is_over(order, variant, process_all):
    handler = registry.get("orders.expire")
    process(handler, order.stream)
    assert Order.objects.get(pk=order.pk).status == Status.PLACED
    Delivery.objects.filter(handler="orders.expire").update(due_at=timezone.now() - timedelta(seconds=1))
    process(handler, order.stream)
    process_all()
    assert Order.objects.get(pk=order.pk).status == Status.CANCELLED
    assert in_stock(variant) == (10, 0)


def test_an_order_that_was_paid_outlives_its_time(order):
    staff(order, Status.PAID)
    Delivery.objects.filter(handler="orders.expire").update(due_at=timezone.now() - timedelta(seconds=1))
    process(registry.get("orders.expire"), order.stream)
    assert Order.objects.get(pk=order.pk).status == Status.PAID


def test_cancelling_a_paid_order_returns_the_money_and_says_so(order, process_all):
    payments.start(order.ref, "http://x/")
    Payment.objects.update(state=Payment.State.CAPTURED)
    staff(order, Status.PAID)
    transition(order.ref, Status.CANCELLED, by=Actor.SHOPPER, actor="shopper")
    process_all()
    assert Order.objects.get(pk=order.pk).status == Status.REFUNDED
    assert Payment.objects.get().state == Payment.State.REFUNDED
    assert [m.subject.split(" ")[1] for m in outbox.outbox][-1] == "money"


def test_each_step_is_mailed_once_in_text_and_html_with_the_tracking_link(order, process_all):
    staff(order, Status.PAID, Status.PREPARING, Status.SHIPPED, Status.OUT_FOR_DELIVERY, Status.DELIVERED)
    process_all()
    process_all()
    assert len(outbox.outbox) == 4
    first = outbox.outbox[0]
    assert first.to == ["ann@example.com"]
    assert "/track/" in first.body
    assert first.alternatives[0].mimetype == "text/html"
    assert "/track/" in first.alternatives[0].content
    assert first.extra_headers["X-Idempotency-Key"].startswith("mail:")
    assert len({m.extra_headers["Message-ID"] for m in outbox.outbox}) == 4


def test_mail_speaks_the_orders_language(process_all):
    make_order(language="zh-hans")
    process_all("mail")
    assert "订单" in outbox.outbox[0].subject


def test_mail_that_cannot_be_sent_is_tried_again_with_the_same_key(order, settings, monkeypatch):
    keys = []

    def broken(self, messages):
        keys.append(messages[0].extra_headers["X-Idempotency-Key"])
        raise ConnectionRefusedError

    monkeypatch.setattr("django.core.mail.backends.locmem.EmailBackend.send_messages", broken)
    handler = registry.get("mail")
    for _ in range(2):
        Delivery.objects.filter(handler="mail").update(due_at=timezone.now() - timedelta(seconds=1))
        process(handler, order.stream)
    assert len(keys) == 2
    assert keys[0] == keys[1]


def test_the_demo_mailbox_keeps_a_repeated_mail_once(order, settings, process_all):
    from shop.demo.models import Letter

    settings.EMAIL_BACKEND = "shop.demo.mailbox.Backend"
    process_all("mail")
    replay("mail", Range(order.stream), again=True)
    process_all("mail")
    assert Letter.objects.count() == 1


def shipped():
    order = make_order()
    staff(order, Status.PAID, Status.PREPARING, Status.SHIPPED)
    return order, Parcel.objects.get(order=order)


def test_a_carriers_scan_moves_the_order_along():
    order, parcel = shipped()
    scan(parcel, Scan.Kind.OUT_FOR_DELIVERY, timezone.now())
    assert Order.objects.get(pk=order.pk).status == Status.OUT_FOR_DELIVERY
    scan(parcel, Scan.Kind.DELIVERED, timezone.now())
    assert Order.objects.get(pk=order.pk).status == Status.DELIVERED


def test_a_late_scan_is_kept_under_its_own_time_and_moves_nothing_back():
    order, parcel = shipped()
    now = timezone.now()
    scan(parcel, Scan.Kind.DELIVERED, now)
    moved = scan(parcel, Scan.Kind.IN_TRANSIT, now - timedelta(days=1), place="Leipzig")
    assert moved.status == Status.DELIVERED
    kinds = [s.kind for s in moved.state().parcels[0].scans]
    assert kinds.index("in_transit") < kinds.index("delivered")


def test_the_same_scan_twice_is_one():
    _, parcel = shipped()
    at = timezone.now()
    first = scan(parcel, Scan.Kind.IN_TRANSIT, at)
    assert scan(parcel, Scan.Kind.IN_TRANSIT, at).version == first.version


def test_a_scan_of_an_unknown_parcel_is_refused():
    with pytest.raises(Parcel.DoesNotExist):
        scan(0, Scan.Kind.IN_TRANSIT, timezone.now())


def test_a_tracking_link_is_the_orders_own(order):
    assert access_links.read(access_links.token(order)).ref == order.ref


def test_a_payment_that_arrives_as_the_time_ends_is_not_cancelled_over(order, monkeypatch):
    """The webhook commits between the timer's start and its lock: what counts is what the lock shows."""
    from orders import handlers

    locking = handlers.locked

    def paid_meanwhile(ref):
        if Order.objects.get(ref=ref).status == Status.PLACED:
            transition(ref, Status.PAID, by=Actor.GATEWAY, actor="gateway:test")
        return locking(ref)

    monkeypatch.setattr(handlers, "locked", paid_meanwhile)
    Delivery.objects.filter(handler="orders.expire").update(due_at=timezone.now() - timedelta(seconds=1))
    process(registry.get("orders.expire"), order.stream)
    assert Order.objects.get(pk=order.pk).status == Status.PAID


def test_replaying_a_timer_does_not_bring_it_forward(order):
    assert replay("orders.expire", Range(order.stream)).opened == 1
    process(registry.get("orders.expire"), order.stream)
    assert Order.objects.get(pk=order.pk).status == Status.PLACED
    assert Delivery.objects.get(handler="orders.expire").due_at > timezone.now() + timedelta(minutes=25)
