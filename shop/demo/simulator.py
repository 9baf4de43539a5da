"""Simulated shoppers place orders; staff and couriers move them."""

import heapq
import itertools
import random
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from functools import partial

from django.db import close_old_connections
from django.utils import timezone

from orders.checkout import CannotPlace, Details, place_order
from orders.lifecycle import Actor, Status
from orders.models import Order, Parcel, Scan, offered
from orders.models.parcel import ScanKind
from orders.reasons import Reason
from orders.shipping.carriers.courier import carrier as courier
from orders.shipping.scans import scan
from orders.transitions import transition
from shop.cart.models import Cart, CartLine
from shop.catalog import prices, stock
from shop.catalog.models import Variant
from shop.demo.arrivals import History
from shop.demo.watcher import Watcher
from shop.markets import places

WHO = "simulator"
FIRST = ("Ada", "Bela", "Chen", "Dana", "Emil", "Fatma", "Goran", "Hana", "Ivo", "June", "Kofi", "Lin", "Mara", "Nils")
LAST = ("Adler", "Brook", "Castel", "Dorn", "Eller", "Falk", "Grieg", "Holm", "Iversen", "Jansen", "Kraus", "Lund")
CITIES = (("Berlin", "10115"), ("Hamburg", "20095"), ("Leipzig", "04109"), ("Bremen", "28195"), ("Essen", "45127"))
REFILL_BELOW, REFILL_TO = 10, 60


class Simulation:
    """Orders that arrive at `arrivals` (seconds from the start); each then goes its way, with waits of about `pace`
    seconds.

    With `histories` (one for each arrival) it is a real day again: each order goes the way, and has the waits, of the
    real one. The courier's webhooks go through `post(headers, body)`; without it, and for a parcel that another carrier
    brings, its scans are booked as if staff had said them.
    """

    def __init__(
        self,
        arrivals: Sequence[float],
        pace: float,
        seed: int,
        watcher: Watcher | None,
        histories: Sequence[History] = (),
        post: Callable[[dict[str, str], bytes], None] | None = None,
    ) -> None:
        self.post = post
        self.arrivals, self.pace, self.watcher, self.histories = arrivals, pace, watcher, histories
        self.random = random.Random(seed)
        self.place = places.place("DE") or places.Place("DE", places.everywhere())
        every = list(Variant.objects.filter(product__active=True).select_related("stock", "product"))
        prices.attach(every, self.place.currency)
        self.variants = [variant for variant in every if variant.price is not None]
        self.methods = offered(self.place.market)
        self.placed: list[str] = []
        self.finished = 0
        self.refused: list[str] = []
        self._agenda: list[tuple[float, int, Callable[[], None]]] = []
        self._number = itertools.count()
        self._wake = threading.Condition()
        self._open = 0

    def run(self, progress: Callable[[int, int], None]) -> None:
        """Run until every order is finished. Calls `progress(placed, finished)` meanwhile."""
        start = time.monotonic()
        for n, second in enumerate(self.arrivals):
            history = self.histories[n] if self.histories else None
            self._at(start + second, partial(self._order, history))
        with ThreadPoolExecutor(4) as pool:
            while True:
                with self._wake:
                    progress(len(self.placed), self.finished)
                    if not self._agenda and not self._open:
                        return
                    now = time.monotonic()
                    if not self._agenda or self._agenda[0][0] > now:
                        self._wake.wait(min(0.2, self._agenda[0][0] - now) if self._agenda else 0.2)
                        continue
                    _, _, work = heapq.heappop(self._agenda)
                    self._open += 1
                pool.submit(self._do, work)

    def _at(self, when: float, work: Callable[[], None]) -> None:
        with self._wake:
            heapq.heappush(self._agenda, (when, next(self._number), work))
            self._wake.notify()

    def _soon(self, work: Callable[[], None]) -> None:
        self._at(time.monotonic() + self.pace * self.random.uniform(0.5, 1.5), work)

    def _do(self, work: Callable[[], None]) -> None:
        close_old_connections()
        try:
            work()
        except Exception as problem:
            self.refused.append(f"{type(problem).__name__}: {problem}")
        finally:
            close_old_connections()
            with self._wake:
                self._open -= 1
                self._wake.notify()

    def _order(self, history: History | None) -> None:
        cart = Cart.objects.create()
        for variant in self.random.sample(self.variants, k=min(len(self.variants), self.random.choice((1, 1, 2, 3)))):
            self._refill(variant)
            CartLine.objects.create(
                cart=cart, variant=variant, quantity=self.random.choice((1, 1, 2)), price_seen=variant.price
            )
        city, code = self.random.choice(CITIES)
        name = f"{self.random.choice(FIRST)} {self.random.choice(LAST)}"
        details = Details(
            email=f"{name.lower().replace(' ', '.')}@example.com",
            name=name,
            address=f"Lindenstr. {self.random.randint(1, 99)}",
            city=city,
            region="",
            postal_code=code,
            country="DE",
            delivery_method=self.random.choice(self.methods),
            language=self.random.choice(("en", "en", "zh-hans")),
        )
        try:
            order = place_order(cart.pk, cart.checkout_key, details, user_id=None, expected=None)
        except CannotPlace as refusal:
            self.refused.append(str(refusal))
            return
        finally:
            Cart.objects.filter(pk=cart.pk).delete()
        self.placed.append(order.ref)
        if self.watcher:
            self.watcher.watch(order.stream)
        if history:
            self._relive(order.ref, history)
        else:
            self._soon(lambda: self._pay(order.ref))

    def _relive(self, ref: str, history: History) -> None:
        """Repeat the steps of a real order at their scaled times.

        A carrier's scan keeps its recorded time, even a wrong one.
        """
        start, wall = time.monotonic(), timezone.now()
        order_of = ("paid", "shipped", "delivered", "cancelled")
        steps = sorted(history.steps, key=lambda step: order_of.index(step.kind))

        def go_on(n: int) -> None:
            """Take step `n`, then the next at its time.

            A step waits for the one before it: only a paid order can be shipped.
            """
            if n == len(steps):
                self._finish(ref)
                return
            self._live_through(ref, steps[n].kind, wall + timedelta(seconds=steps[n].after))
            following = steps[n + 1].after if n + 1 < len(steps) else 0.0
            self._at(start + following, partial(go_on, n + 1))

        self._at(start + (steps[0].after if steps else 0.0), partial(go_on, 0))

    def _live_through(self, ref: str, kind: str, happened: datetime) -> None:
        match kind:
            case "paid":
                transition(ref, Status.PAID, by=Actor.GATEWAY, actor=WHO)
                transition(ref, Status.PREPARING, by=Actor.STAFF, actor=WHO)
            case "shipped":
                transition(ref, Status.SHIPPED, by=Actor.STAFF, actor=WHO, tracking=courier.new_number())
                self._say(ref, Scan.Kind.IN_TRANSIT, happened)
            case "delivered":
                self._say(ref, Scan.Kind.OUT_FOR_DELIVERY, happened - timedelta(seconds=0.01))
                self._say(ref, Scan.Kind.DELIVERED, happened)
            case "cancelled":
                transition(ref, Status.CANCELLED, by=Actor.STAFF, actor=WHO, reason=Reason.OUT_OF_STOCK.value)

    def _say(self, ref: str, kind: ScanKind, at: datetime, place: str = "") -> None:
        """The courier tells where the order's parcel is."""
        parcel = Parcel.objects.get(order__ref=ref)
        if self.post and parcel.sent_by == courier.Courier.name:
            self.post(*courier.webhook(parcel.tracking, kind.value, at, place))
        else:
            scan(parcel, kind, at, place=place, actor=f"carrier:{WHO}")

    def _refill(self, variant: Variant) -> None:
        """Refill the stock before it runs out."""
        current = stock.Stock.objects.filter(variant=variant).first()
        if current is None or current.available < REFILL_BELOW:
            stock.adjust(variant, (current.reserved if current else 0) + REFILL_TO, reason="delivery")

    def _pay(self, ref: str) -> None:
        chance = self.random.random()
        if chance < 0.05:
            transition(ref, Status.CANCELLED, by=Actor.SHOPPER, actor=WHO)
            self._finish(ref)
            return
        if chance < 0.15:
            transition(ref, Status.PAYMENT_FAILED, by=Actor.GATEWAY, actor=WHO, reason=Reason.CARD_DECLINED.value)
            self._soon(lambda: self._pay(ref))
            return
        transition(ref, Status.PAID, by=Actor.GATEWAY, actor=WHO)
        self._soon(lambda: self._prepare(ref))

    def _prepare(self, ref: str) -> None:
        transition(ref, Status.PREPARING, by=Actor.STAFF, actor=WHO)
        self._soon(lambda: self._ship(ref))

    def _ship(self, ref: str) -> None:
        transition(ref, Status.SHIPPED, by=Actor.STAFF, actor=WHO, tracking=courier.new_number())
        self._soon(lambda: self._scan(ref, Scan.Kind.IN_TRANSIT))

    def _scan(self, ref: str, kind: ScanKind) -> None:
        self._say(ref, kind, timezone.now(), Order.objects.only("city").get(ref=ref).city)
        if kind == Scan.Kind.IN_TRANSIT:
            self._soon(lambda: self._scan(ref, Scan.Kind.OUT_FOR_DELIVERY))
        elif kind == Scan.Kind.OUT_FOR_DELIVERY:
            self._soon(lambda: self._scan(ref, Scan.Kind.DELIVERED))
        else:
            self._finish(ref)

    def _finish(self, ref: str) -> None:
        self.finished += 1
