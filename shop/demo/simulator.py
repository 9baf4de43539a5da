"""Shoppers who order, staff and couriers who move the orders, and a watcher who checks what a browser would have seen."""

import asyncio
import heapq
import itertools
import json
import random
import threading
import time
from collections import defaultdict
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from importlib import import_module
from typing import Any

import websockets
from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.core import signing
from django.db import close_old_connections
from django.utils import timezone

from events.live import tickets
from events.models import Delivery, Event
from orders.checkout import CannotPlace, Details, place_order
from orders.lifecycle import Actor, Status
from orders.models import DeliveryMethod, Order, Scan
from orders.transitions import scan, transition
from shop.accounts.models import User
from shop.cart.models import Cart, CartLine
from shop.catalog import stock
from shop.catalog.models import Variant

WHO = "simulator"
FIRST = ("Ada", "Bela", "Chen", "Dana", "Emil", "Fatma", "Goran", "Hana", "Ivo", "June", "Kofi", "Lin", "Mara", "Nils")
LAST = ("Adler", "Brook", "Castel", "Dorn", "Eller", "Falk", "Grieg", "Holm", "Iversen", "Jansen", "Kraus", "Lund")
CITIES = (("Berlin", "10115"), ("Hamburg", "20095"), ("Leipzig", "04109"), ("Bremen", "28195"), ("Essen", "45127"))
REFILL_BELOW, REFILL_TO = 10, 60
SETTLE_SECONDS = 30.0


@dataclass
class Seen:
    """What the watcher saw of one stream."""

    versions: list[int] = field(default_factory=list)
    status: str = ""
    delays: list[float] = field(default_factory=list)


class Watcher:
    """One live socket, as a member of staff, watching every simulated order by the public protocol."""

    def __init__(self, base: str) -> None:
        self.url = base.replace("http", "ws", 1) + "/live/"
        self.seen: defaultdict[str, Seen] = defaultdict(Seen)
        self.problem = ""
        self.ready = threading.Event()
        self.loop = asyncio.new_event_loop()
        self.socket: Any = None
        self.thread = threading.Thread(target=self._run, daemon=True)

    def start(self) -> bool:
        """Whether it is connected."""
        self.cookie, self.ticket = _staff_session()
        self.thread.start()
        self.ready.wait(10)
        return not self.problem

    def watch(self, stream: str) -> None:
        """From now on. (Blocks until the frame is sent.)"""
        frame = json.dumps({"t": "sub", "subs": [{"s": stream}]})
        asyncio.run_coroutine_threadsafe(self.socket.send(frame), self.loop).result(5)

    def unwatch(self, stream: str) -> None:
        """Its last version has come."""
        frame = json.dumps({"t": "unsub", "s": [stream]})
        asyncio.run_coroutine_threadsafe(self.socket.send(frame), self.loop).result(5)

    def _run(self) -> None:
        try:
            self.loop.run_until_complete(self._listen())
        except Exception as problem:
            self.problem = self.problem or f"{type(problem).__name__}: {problem}"
        finally:
            self.ready.set()

    async def _listen(self) -> None:
        headers = {"Cookie": f"{settings.SESSION_COOKIE_NAME}={self.cookie}"}
        async with websockets.connect(self.url, additional_headers=headers, proxy=None) as self.socket:
            await self.socket.send(json.dumps({"t": "hello", "v": 1, "ticket": self.ticket}))
            self.ready.set()
            async for text in self.socket:
                frame = json.loads(text)
                if frame["t"] == "beat":
                    await self.socket.send(json.dumps({"t": "ack", "b": frame["b"]}))
                elif frame["t"] in ("ev", "snap"):
                    seen = self.seen[frame["s"]]
                    seen.versions.append(frame["n"])
                    seen.status = frame["d"]["status"]
                    if frame["t"] == "ev":
                        age = timezone.now() - datetime.fromisoformat(frame["at"])
                        seen.delays.append(age.total_seconds() * 1000)


def _staff_session() -> tuple[str, str]:
    """A session of a member of staff who may see orders, and a ticket for it."""
    user, fresh = User.objects.get_or_create(
        email="simulator@example.com", defaults={"is_staff": True, "is_superuser": True}
    )
    if fresh:
        user.set_unusable_password()
        user.save()
    store = import_module(settings.SESSION_ENGINE).SessionStore()
    store[SESSION_KEY] = str(user.pk)
    store[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
    store[HASH_SESSION_KEY] = user.get_session_auth_hash()
    store.set_expiry(3600)
    store.create()
    content = {
        "k": tickets.fingerprint(store.session_key),
        "u": user.pk,
        "p": ["orders.view_order"],
        "g": [],
        "l": settings.LANGUAGE_CODE,
    }
    return store.session_key, signing.dumps(content, salt="live-ticket", compress=True)


class Simulation:
    """`count` orders at `rate` per second; each then goes its way, with waits of about `pace` seconds."""

    def __init__(self, count: int, rate: float, pace: float, seed: int, watcher: Watcher | None) -> None:
        self.count, self.rate, self.pace, self.watcher = count, rate, pace, watcher
        self.random = random.Random(seed)
        self.variants = list(Variant.objects.filter(product__active=True).select_related("stock", "product"))
        self.methods = list(DeliveryMethod.objects.filter(active=True))
        self.placed: list[str] = []
        self.finished = 0
        self.refused: list[str] = []
        self._agenda: list[tuple[float, int, Callable[[], None]]] = []
        self._number = itertools.count()
        self._wake = threading.Condition()
        self._open = 0

    def run(self, progress: Callable[[int, int], None]) -> None:
        """Until every order has gone its way. `progress(placed, finished)` is called as it goes."""
        start = time.monotonic()
        for n in range(self.count):
            self._at(start + n / self.rate, self._order)
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

    def _order(self) -> None:
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
        self._soon(lambda: self._pay(order.ref))

    def _refill(self, variant: Variant) -> None:
        """The supplier comes before a shelf is empty."""
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
            transition(ref, Status.PAYMENT_FAILED, by=Actor.GATEWAY, actor=WHO, reason="The card was declined.")
            self._soon(lambda: self._pay(ref))
            return
        transition(ref, Status.PAID, by=Actor.GATEWAY, actor=WHO)
        self._soon(lambda: self._prepare(ref))

    def _prepare(self, ref: str) -> None:
        transition(ref, Status.PREPARING, by=Actor.STAFF, actor=WHO)
        self._soon(lambda: self._ship(ref))

    def _ship(self, ref: str) -> None:
        order = transition(ref, Status.SHIPPED, by=Actor.STAFF, actor=WHO)
        tracking = order.parcels.get().tracking
        self._soon(lambda: self._scan(ref, tracking, Scan.Kind.IN_TRANSIT))

    def _scan(self, ref: str, tracking: str, kind: Scan.Kind) -> None:
        order = Order.objects.only("city").get(ref=ref)
        scan(tracking, kind, timezone.now(), place=order.city, carrier=WHO)
        if kind == Scan.Kind.IN_TRANSIT:
            self._soon(lambda: self._scan(ref, tracking, Scan.Kind.OUT_FOR_DELIVERY))
        elif kind == Scan.Kind.OUT_FOR_DELIVERY:
            self._soon(lambda: self._scan(ref, tracking, Scan.Kind.DELIVERED))
        else:
            self._finish(ref)

    def _finish(self, ref: str) -> None:
        self.finished += 1


@dataclass
class Verdict:
    """What the rows and the watcher say at the end."""

    handled: dict[str, list[float]]
    shown: list[float]
    faults: list[str]


def verdict(simulation: Simulation) -> Verdict:
    """Wait until everything is handled, then compare: lost, doubled, out of order, stale."""
    streams = [f"order:{ref}" for ref in simulation.placed]
    faults: list[str] = []
    end = time.monotonic() + SETTLE_SECONDS
    while (left := _open_deliveries(streams)) and time.monotonic() < end:
        time.sleep(0.1)
    if left:
        faults.append(f"{left} deliveries were not handled within {SETTLE_SECONDS:.0f} s: is a worker running?")
    heads = {o.stream: (o.version, o.status) for o in Order.objects.filter(ref__in=simulation.placed)}
    for stream, (version, _) in heads.items():
        seqs = list(Event.objects.filter(stream=stream).order_by("seq").values_list("seq", flat=True))
        if seqs != list(range(1, version + 1)):
            faults.append(f"{stream}: the log has {seqs}, the order is at {version}")
    handled: defaultdict[str, list[float]] = defaultdict(list)
    rows = Delivery.objects.filter(stream__in=streams, settled_at__isnull=False).exclude(due_at__gt=timezone.now())
    last: dict[tuple[str, str], Any] = {}
    for handler, stream, at, settled in rows.order_by("handler", "stream", "seq").values_list(
        "handler", "stream", "event__recorded_at", "settled_at"
    ):
        assert settled is not None  # by the filter
        handled[handler].append((settled - at).total_seconds() * 1000)
        if settled < last.get((handler, stream), settled):
            faults.append(f"{stream}: {handler} was out of order")
        last[handler, stream] = settled
    shown: list[float] = []
    if simulation.watcher:
        shown = _compare(simulation.watcher, heads, faults)
    return Verdict(dict(handled), shown, faults)


def _open_deliveries(streams: list[str]) -> int:
    soon = timezone.now() + timedelta(seconds=5)  # a timer that is due in half an hour is not waited for
    return Delivery.objects.open().filter(stream__in=streams, due_at__lt=soon).count()


def _compare(watcher: Watcher, heads: dict[str, tuple[int, str]], faults: list[str]) -> list[float]:
    end = time.monotonic() + 5
    while time.monotonic() < end and any((watcher.seen[s].versions or [0])[-1] < v for s, (v, _) in heads.items()):
        time.sleep(0.05)
    shown: list[float] = []
    for stream, (version, status) in heads.items():
        seen = watcher.seen[stream]
        first = seen.versions[0] if seen.versions else 0
        if seen.versions != list(range(first, version + 1)) or not first:
            faults.append(f"{stream}: the browser saw {seen.versions}, the order is at {version}")
        if seen.status != status:
            faults.append(f"{stream}: the browser shows {seen.status or 'nothing'}, the order is {status}")
        shown += seen.delays
    return shown
