"""Everything of a shop at once, with kills: shoppers, webhooks, staff, carriers, the clock and the workers.

Each is a process of its own that does at random what its kind does. A random one is killed every 100–300 ms and started
again. Then the chaos stops, what is left is processed, and the books are compared: goods, money, papers, vouchers.
Prints its verdict as JSON; exit code 1 if anything does not add up.
"""

import argparse
import contextlib
import ctypes
import json
import os
import random
import shutil
import signal
import sys
import tempfile
import time
import traceback
import uuid
from collections import Counter
from pathlib import Path

VARIANTS, CODES = 6, 10
LOCKS = {
    "order": "orders_order",
    "stock": "catalog_stock",
}
"""The locks that can be turned off, and the tables that they lock rows of. Those of vouchers and of the papers' series
have a control beside their own tests.
"""
ACTORS = ("shopper", "shopper", "gateway", "staff", "staff", "carrier", "clock", "worker", "worker")


class Commerce:
    """The processes, and the shop that they work on."""

    def __init__(self, args: argparse.Namespace) -> None:
        self.args = args
        self.random = random.Random(args.seed)
        self.children: dict[int, str] = {}
        self.kills = 0

    # -- processes

    def spawn(self, role: str) -> None:
        seed = self.random.random()
        if pid := os.fork():
            self.children[pid] = role
            return
        try:
            ctypes.CDLL(None).prctl(1, signal.SIGKILL, 0, 0, 0)  # it does not outlive this process
            random.seed(seed)
            without(self.args.without)
            self.work(getattr(self, role))
        except BaseException:
            traceback.print_exc()
        os._exit(1)

    def work(self, step) -> None:
        """For ever. What a verb refuses is what it is for; anything else is a fault."""
        from django.db import OperationalError

        from events.emission import ConcurrentChange
        from orders.lifecycle import IllegalTransition
        from orders.models import Order
        from orders.models.parcel import Parcel
        from orders.models.returns import Return

        while True:
            try:
                step()
            except (IllegalTransition, Order.DoesNotExist, Parcel.DoesNotExist, Return.DoesNotExist, OperationalError):
                pass
            except ConcurrentChange:  # only ever seen without the order's lock
                self.note("conflicts", "x")
            except Exception:
                self.note("faults", traceback.format_exc() + "\x00")
            time.sleep(random.uniform(0, 0.01))

    def note(self, name: str, text: str) -> None:
        """What the others have to know of this process."""
        with Path(self.args.folder, name).open("a") as file:
            file.write(text)

    def chaos(self) -> None:
        for role in ACTORS:
            self.spawn(role)
        until = time.monotonic() + self.args.patience
        while len(_written(Path(self.args.folder, "placed"))) < self.args.orders and time.monotonic() < until:
            time.sleep(self.random.uniform(0.1, 0.3))
            if not self.args.kills:
                continue
            pid = self.random.choice(list(self.children))
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)
            self.kills += 1
            self.spawn(self.children.pop(pid))
        for pid in self.children:
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)

    # -- who does what

    def shopper(self) -> None:
        from orders.checkout import CannotPlace, Details, place_order
        from orders.lifecycle import Actor, Status
        from orders.models import DeliveryMethod
        from orders.payments import service
        from orders.returns import service as returns
        from orders.transitions import transition
        from shop.cart.models import Cart, CartLine
        from shop.catalog import prices
        from shop.catalog.models import Variant
        from tests.support.factories import ADDRESS

        chance = random.random()
        order = some_order()
        if order is not None and chance < 0.02:
            transition(order.ref, Status.CANCELLED, by=Actor.SHOPPER, actor="shopper")
        elif order is not None and chance < 0.2:
            lines = list(order.lines.all())
            wanted = {random.choice(lines).pk: random.randint(1, 2)}
            returns.request(order.ref, wanted, reason="fit", wish="refund")
        elif order is not None and chance < 0.5:
            service.start(order.ref, "http://shop.example/", random.choice(("test", "bank")))
        else:
            cart = Cart.objects.create(codes=["LAST"] if random.random() < 0.4 else [])
            variants = random.sample(list(Variant.objects.all()), random.randint(1, 3))
            prices.attach(variants, "EUR")
            for variant in variants:
                CartLine.objects.create(
                    cart=cart, variant=variant, quantity=random.randint(1, 3), price_seen=variant.price
                )
            details = Details(
                **ADDRESS | {"email": f"{uuid.uuid4()}@example.com"},
                region="",
                delivery_method=DeliveryMethod.objects.get(),
                language="en",
                gateway="test",
            )
            with contextlib.suppress(CannotPlace):
                place_order(cart.pk, cart.checkout_key, details, user_id=None, expected=None)
                self.note("placed", "x")

    def gateway(self) -> None:
        """Webhooks of any session: late, twice, out of order; and transfers that staff read."""
        from orders.models import Payment
        from orders.payments import service
        from orders.payments.gateways import base

        newest = Payment.objects.filter(session__isnull=False).order_by("-pk")[:15]
        payment = random.choice(list(newest) or [None])
        if payment is None:
            return
        result = random.choices((base.Result.SUCCEEDED, base.Result.FAILED), (8, 2))[0]
        name = f"{payment.session}-{random.randint(1, 3)}"[-80:]
        service.receive("test", base.PaymentUpdate(name, payment.session, result, payment.amount), "{}")

    def staff(self) -> None:
        from orders.lifecycle import Actor, Status, buttons
        from orders.payments import service
        from orders.returns import reversals
        from orders.returns import service as returns
        from orders.returns.lifecycle import State
        from orders.shipping import parcels
        from orders.transitions import transition
        from shop.catalog import stock
        from shop.catalog.models import Stock

        order = some_order()
        if order is None:
            return
        chance, lines = random.random(), list(order.lines.all())
        if chance < 0.1:
            row = Stock.objects.select_related("variant").order_by("?").first()
            with contextlib.suppress(ValueError):
                stock.adjust(row.variant, row.on_hand + 3, "delivery")
        elif chance < 0.3:
            parcels.send(order.ref, {random.choice(lines).pk: 1}, actor="staff:1")
        elif chance < 0.4:
            reversals.reverse(
                order.ref,
                {random.choice(lines).pk: 1},
                kind=random.choice(("cancelled", "paid_back")),
                reason="wish",
                restock=random.random() < 0.5,
                actor="staff:1",
            )
        elif chance < 0.6 and (found := order.returns.order_by("?").first()):
            random.choice(
                (
                    lambda: returns.move(order.ref, found.place, State.APPROVED, by=Actor.STAFF, actor="staff:1"),
                    lambda: returns.receive(
                        order.ref, found.place, dict.fromkeys([ln.pk for ln in lines], True), actor="s"
                    ),
                    lambda: returns.pay_back(order.ref, found.place, actor="staff:1"),
                    lambda: returns.exchange(order.ref, found.place, actor="staff:1"),
                )
            )()
        elif chance < 0.7:
            service.book_returned_by_hand(order.ref, "staff:1")
        elif chance < 0.75:
            waiting = order.total - (order.captured - order.refunded)
            if waiting.amount > 0:
                from django.utils import timezone

                day = timezone.localdate(order.placed_at)
                service.book_transfer(
                    order.ref, waiting, gateway="bank", reference="x", received_on=day, actor="staff:1"
                )
        else:
            moves = [move for move in buttons(order.status) if move.target != Status.PAID]
            goes_on = [move for move in moves if not move.final]
            if random.random() < 0.03:
                goes_on = moves
            if goes_on:
                transition(order.ref, random.choice(goes_on).target, by=Actor.STAFF, actor="staff:1")

    def carrier(self) -> None:
        from datetime import timedelta

        from django.utils import timezone

        from orders.models import Parcel
        from orders.models.parcel import ScanKind
        from orders.shipping import scans

        parcel = Parcel.objects.order_by("?").first()
        if parcel is not None:
            at = timezone.now() + timedelta(minutes=random.choice((-60, -1, 0, 0, 60 * 24 * 365)))
            scans.scan(parcel, random.choice(ScanKind.values), at)

    def clock(self) -> None:
        """Orders expire, promises pass."""
        from orders.lifecycle import Actor, Status
        from orders.shipping import lateness
        from orders.transitions import transition

        lateness.look()
        if random.random() < 0.03 and (order := some_order()):
            transition(order.ref, Status.CANCELLED, by=Actor.SYSTEM, actor="system", reason="payment_late")
        time.sleep(0.05)

    def worker(self) -> None:
        queues = waiting()
        handle(random.sample(queues, k=min(20, len(queues))))


def some_order():
    """One of the newest, so that several meet at it."""
    from orders.models import Order

    newest = list(Order.objects.order_by("-pk").values_list("pk", flat=True)[:12])
    return Order.objects.get(pk=random.choice(newest)) if newest else None


def waiting():
    """The ordered queues with something to do now."""
    from events.models import Delivery

    skipped = ("live", "orders.expire", "orders.expire_slow", "testgateway.webhook")
    pending = Delivery.objects.pending().exclude(handler__in=skipped)
    return sorted(set(pending.values_list("handler", "stream")))


def handle(queues) -> int:
    from events.delivery import registry
    from events.delivery.processing import process

    return sum(process(registry.get(name), stream)[0] for name, stream in queues)


def without(lock: str) -> None:
    """The negative controls: one lock is off."""
    from django.db.models import QuerySet

    if lock:
        original = QuerySet.select_for_update

        def patched(self, *given, **more):
            return self if self.model._meta.db_table == LOCKS[lock] else original(self, *given, **more)

        QuerySet.select_for_update = patched
    if lock == "order":
        from events.db.prepared import prepared
        from orders import locking
        from orders.models import Order

        locking._locked = prepared(lambda ref: QuerySet(Order).filter(ref=ref).order_by())


# -- the shop -------------------------------------------------------------------------------------


def open_shop() -> None:
    from django.db import transaction
    from djmoney.money import Money

    from shop.vouchers.models import Promotion
    from tests.support.factories import DeliveryMethodFactory, SellerFactory, TaxRateFactory, VariantFactory

    with transaction.atomic():
        for _n in range(VARIANTS):
            VariantFactory(stocked=12, price=Money("19.99", "EUR"))
        DeliveryMethodFactory()
        SellerFactory()
        TaxRateFactory()
        Promotion.objects.create(title="Last", code="LAST", kind="percent", percent=10, most_uses=CODES)


def process_the_rest(patience: float) -> bool:
    """Process what is left, as workers and operators would. Whether nothing is left."""
    from django.utils import timezone

    from events.delivery import dead_letters
    from events.models import Delivery

    until = time.monotonic() + patience
    while time.monotonic() < until:
        Delivery.objects.filter(acknowledged_at=None, claimed_until__gt=timezone.now()).update(
            claimed_until=timezone.now()  # whoever held it was killed
        )
        Delivery.objects.filter(acknowledged_at=None, dead_lettered_at=None, attempts__gt=0).update(
            due_at=timezone.now()
        )
        dead_letters.retry()
        if not handle(waiting()) and not waiting():
            return True
    return False


def verify() -> dict[str, list[str]]:
    """What does not add up, by what it is about."""
    from orders.documents import issuing
    from orders.lifecycle import ENDED, PAYABLE, Status
    from orders.models import Document, Order, Payment, Refund
    from orders.models.parcel import ParcelLine
    from orders.payments.gateways.test.models import Refund as AtGateway
    from orders.shipping.parcels import left_of
    from shop.catalog.models import Reservation, Stock
    from shop.vouchers.models import Claim

    wrong: dict[str, list[str]] = {name: [] for name in ("goods", "money", "papers", "vouchers", "states")}
    held: Counter[int] = Counter()
    for row in Reservation.objects.filter(state="held"):
        held[row.stock_id] += row.quantity
    for stock in Stock.objects.all():
        if stock.reserved != held[stock.pk] or stock.on_hand < stock.reserved:
            wrong["goods"].append(f"{stock.sku}: {stock.on_hand} {stock.reserved} held {held[stock.pk]}")
    for order in Order.objects.order_by("pk"):
        lines = list(order.lines.all())
        left = left_of(lines)
        kept = sum(r.quantity for r in Reservation.objects.filter(ref=order.ref, state="held"))
        taken = sum(
            r.quantity for r in Reservation.objects.filter(ref=order.ref, state="shipped", by__startswith="parcel")
        )
        sent = sum(ParcelLine.objects.filter(parcel__order=order).values_list("quantity", flat=True))
        if any(n < 0 for n in left.values()) or taken != sent:
            wrong["goods"].append(f"{order.ref}: sent {sent}, taken {taken}, left {left}")
        if (0 if order.status in ENDED else sum(left.values())) != kept:
            wrong["goods"].append(f"{order.ref} {order.status}: {sum(left.values())} to send, {kept} held")
        if (order.status in (Status.SHIPPED, Status.OUT_FOR_DELIVERY, Status.DELIVERED)) and any(left.values()):
            wrong["goods"].append(f"{order.ref} {order.status}: not all sent")
        _money(order, wrong["money"], ENDED, PAYABLE)
        if issuing.outstanding(order) and order.documents.exists():
            wrong["papers"].append(f"{order.ref}: {issuing.outstanding(order)} more on paper")
        if (order.status not in {*ENDED, *PAYABLE}) and order.total and not order.documents.exists():
            wrong["papers"].append(f"{order.ref}: paid, and no invoice")
        _state(order, wrong["states"])
    for kind in ("invoice", "credit_note"):
        places = list(Document.objects.filter(kind=kind).order_by("place").values_list("place", flat=True))
        if places != list(range(1, len(places) + 1)):
            wrong["papers"].append(f"{kind}: {places}")
    for refund in AtGateway.objects.values("session_id").distinct():
        payment = Payment.objects.get(session=refund["session_id"])
        at = sum(r.amount.amount for r in AtGateway.objects.filter(session_id=refund["session_id"]))
        booked = sum(r.amount.amount for r in payment.refunds.filter(state=Refund.State.SUCCEEDED))
        if at != booked or at > payment.amount.amount:
            wrong["money"].append(
                f"{payment.order.ref}: the gateway returned {at}, booked {booked} of {payment.amount}"
            )
    claimed = Claim.objects.filter(promotion__code="LAST", state="claimed").count()
    if claimed > CODES:
        wrong["vouchers"].append(f"{claimed} uses of {CODES}")
    return wrong


def _money(order, wrong, ended, payable) -> None:
    """Nobody pays twice, and nobody's money is lost: it is for the goods, returned, or in a queue of staff."""
    zero = order.total * 0
    came = sum((p.amount for p in order.payments.all() if p.state in p.CAME), zero)
    returned = sum((r.amount for p in order.payments.all() for r in p.refunds.all() if r.state == "succeeded"), zero)
    if (order.captured, order.refunded) != (came, returned):
        wrong.append(f"{order.ref}: books {order.captured} − {order.refunded}, payments {came} − {returned}")
    if order.status in ended:
        worth = zero
    elif order.status in payable:
        return  # a part may have come by transfer
    else:
        worth = order.total - sum((r.refund.amount for r in order.reversals.all() if r.refund), zero)
    if came - returned != worth:
        wrong.append(f"{order.ref} {order.status}: keeps {came - returned}, worth {worth}")


def _state(order, wrong) -> None:
    """The newest event says what a fresh look says."""
    from events.log.envelope import open_for
    from events.models import Event

    last = Event.objects.filter(stream=order.stream).order_by("-seq").first()
    told = open_for("soak", last.header, last.sealed).data.order if last else None
    if told != order.state():
        wrong.append(f"{order.ref}: event {last.type if last else None} differs from a fresh look")


def _written(path: Path) -> str:
    return path.read_text() if path.exists() else ""


def main() -> int:
    """0 if everything adds up."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--orders", type=int, default=40, help="so many are placed before the chaos stops")
    parser.add_argument("--patience", type=float, default=240, help="seconds after which it stops anyway")
    parser.add_argument("--kills", type=int, default=1, help="0: nobody is killed")
    parser.add_argument("--without", choices=("", *LOCKS), default="", help="the negative control: this lock is off")
    args = parser.parse_args()

    from tests.support.servers import Postgres, valkey

    folder = Path(tempfile.mkdtemp(prefix="doorbell-commerce-"))
    args.folder = str(folder)
    database = Postgres(safe=True)
    try:
        with valkey() as layer:
            os.environ.update(
                DJANGO_SETTINGS_MODULE="tests.settings",
                DATA_DIR=str(folder),
                DATABASE_URL=database.start(),
                REDIS_URL=layer,
                BROKER_URL=layer,
                LOG_LEVEL="CRITICAL",
                DEMO="1",
            )
            import django

            django.setup()
            import logging

            from django.core.management import call_command
            from django.db import connections

            logging.disable(logging.CRITICAL)
            call_command("migrate", run_syncdb=True, interactive=False, verbosity=0)
            open_shop()
            connections.close_all()
            shop = Commerce(args)
            shop.chaos()
            done = process_the_rest(120)
            from orders.models import Order
            from orders.payments import service

            for ref in Order.objects.values_list("ref", flat=True):
                service.book_returned_by_hand(ref, "staff:1")  # staff work through their queue
            done = done and process_the_rest(60)
            wrong = verify()
            faults = (
                [f for f in (folder / "faults").read_text().split("\x00") if f] if (folder / "faults").exists() else []
            )
            conflicts = len((folder / "conflicts").read_text()) if (folder / "conflicts").exists() else 0
            result = {
                "orders": Order.objects.count(),
                "by_status": dict(Counter(Order.objects.values_list("status", flat=True))),
                "kills": shop.kills,
                "processed": done,
                "conflicts": conflicts,
                "faults": faults[:5],
                "wrong": {name: found[:5] for name, found in wrong.items()},
                "wrong_in_all": sum(map(len, wrong.values())),
            }
    finally:
        database.remove()
        shutil.rmtree(folder, ignore_errors=True)
    print(json.dumps(result))
    return 0 if done and not result["wrong_in_all"] and not faults and not conflicts else 1


if __name__ == "__main__":
    sys.exit(main())
