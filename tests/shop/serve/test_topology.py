"""The workers that `serve` and the files in `deploy/` start: what hangs in one queue stops no other."""

import socket
import threading
from contextlib import contextmanager

import yaml
from django.db import transaction

from events.delivery import queues
from events.models import Delivery
from orders.lifecycle import Actor, Status
from orders.models import Order
from orders.payments import service as payments
from orders.payments.gateways.base import Result
from orders.payments.gateways.test.models import Refund, Session
from orders.payments.gateways.test.views import _finish
from orders.transitions import transition
from shop.catalog import stock
from shop.serve import topology
from tests.support.factories import VariantFactory, make_order
from tests.support.servers import ROOT, free_port, up, wait_until


@contextmanager
def silent_mail_server():
    """It accepts connections and says nothing. Yields its port, and the connections that wait."""
    waiting = []
    with socket.create_server(("127.0.0.1", 0)) as server:

        def accept():
            try:
                while True:
                    waiting.append(server.accept()[0])
            except OSError:
                return

        threading.Thread(target=accept, daemon=True).start()
        try:
            yield server.getsockname()[1], waiting
        finally:
            server.shutdown(socket.SHUT_RDWR)
            for connection in waiting:
                connection.close()


def test_mails_that_hang_stop_no_payment_no_refund_and_no_stock(shop, settings):
    port = free_port()
    settings.SITE_URL = f"http://127.0.0.1:{port}"
    with silent_mail_server() as (mail, waiting):
        quick = {"EVENT_NOTIFY_LEASE": "1", "EVENT_NOTIFY_LONGEST": "2"}
        hang = {"EMAIL_URL": f"smtp://127.0.0.1:{mail}", "EMAIL_TIMEOUT": "600"}  # longer than all that is waited for
        shop.start(
            *("manage.py", "serve", "--port", str(port)),
            **quick,
            **hang,
            SITE_URL=settings.SITE_URL,
        )
        up(settings.SITE_URL, seconds=90)
        order, variant = make_order(), VariantFactory(stocked=5)
        with transaction.atomic():
            stock.reserve({variant.pk: 1}, order.ref)
        hanging = [make_order() for _ in range(2 * topology.THREADS)]
        wait_until(lambda: len(waiting) >= topology.THREADS, 90, "mails that hang")
        # A payment, by the gateway's webhook; then a refund; and the stock is free again.
        payments.start(order.ref, settings.SITE_URL)
        _finish(Session.objects.get(ref=order.ref).pk, Result.SUCCEEDED, "")
        wait_until(lambda: Order.objects.get(pk=order.pk).status == Status.PAID, what="the payment")
        transition(order.ref, Status.CANCELLED, by=Actor.STAFF, actor="staff:1")
        wait_until(lambda: Order.objects.get(pk=order.pk).status == Status.REFUNDED, what="the refund")
        assert Refund.objects.filter(session__ref=order.ref).count() == 1
        moved = Delivery.objects.filter(handler="stock", stream=order.stream, acknowledged_at__isnull=False)
        wait_until(lambda: moved.count() == 2, what="the stock")
        variant.stock.refresh_from_db()
        assert variant.stock.available == 5
        mails = Delivery.objects.open().filter(handler="mail", stream__in=[o.stream for o in hanging])
        assert mails.count() == len(hanging), "the mails hung all the time"


def test_every_queue_has_a_worker_of_its_own(settings):
    settings.EVENT_QUEUES = {"live": 2, "orders": 1, "slow": 3}
    asked = {worker.queue: worker.command[worker.command.index("-Q") + 1] for worker in topology.workers()}
    assert asked == {
        "live": "events.live.0,events.live.1",
        "orders": "events.orders.0",
        "slow": "events.slow.0,events.slow.1,events.slow.2",
    }


def test_deployments_have_the_workers_that_serve_has():
    """A file for systemd and a service for Docker Compose, for each queue, with as many threads."""
    wanted = {worker.queue: worker for worker in topology.workers()}
    files = {path.name: path.read_text() for path in (ROOT / "deploy/systemd/workers").iterdir()}
    services = yaml.safe_load((ROOT / "deploy/compose.yaml").read_text())["services"]
    composed = {
        name.removeprefix("worker-"): s["command"] for name, s in services.items() if name.startswith("worker-")
    }
    assert set(files) == set(composed) == set(wanted)
    for queue, worker in wanted.items():
        names = ",".join(queues.names(queue))
        settings = dict(line.split("=") for line in files[queue].splitlines() if not line.startswith("#"))
        assert (settings["QUEUES"], settings["CONCURRENCY"]) == (names, str(worker.threads))
        after = dict(zip(composed[queue], composed[queue][1:], strict=False))
        assert (after["--queues"], after["--concurrency"]) == (names, str(worker.threads))
