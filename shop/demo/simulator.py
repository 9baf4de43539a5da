"""Simulated shoppers place orders, staff and couriers move them, and a watcher checks what browsers would have seen."""

import asyncio
import heapq
import itertools
import json
import random
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from importlib import import_module
from typing import Any

import websockets
from django.conf import settings
from django.db import close_old_connections
from django.utils import timezone

from events.live import tickets
from events.live.streams import Viewer
from events.log.stream_names import StreamName
from events.models import Delivery, Event
from orders.checkout import CannotPlace, Details, place_order
from orders.lifecycle import Actor, Status
from orders.models import DeliveryMethod, Order, Scan
from orders.reasons import Reason
from orders.transitions import scan, transition
from shop.cart.models import Cart, CartLine
from shop.catalog import stock
from shop.catalog.models import Variant
from shop.demo.arrivals import History

WHO = "simulator"
FIRST = ("Ada", "Bela", "Chen", "Dana", "Emil", "Fatma", "Goran", "Hana", "Ivo", "June", "Kofi", "Lin", "Mara", "Nils")
LAST = ("Adler", "Brook", "Castel", "Dorn", "Eller", "Falk", "Grieg", "Holm", "Iversen", "Jansen", "Kraus", "Lund")
CITIES = (("Berlin", "10115"), ("Hamburg", "20095"), ("Leipzig", "04109"), ("Bremen", "28195"), ("Essen", "45127"))
REFILL_BELOW, REFILL_TO = 10, 60
SETTLE_SECONDS = 30.0


@dataclass
class Seen:
    """The frames of one stream that the watcher received."""

    versions: list[int] = field(default_factory=list)
    status: str = ""
    epoch: str = ""
    delays: list[float] = field(default_factory=list)

    def take(self, frame: dict[str, Any]) -> None:
        """Record a frame."""
        self.versions.append(frame["n"])
        self.status, self.epoch = frame["d"]["status"], frame["e"]
        if frame["t"] == "ev":
            age = timezone.now() - datetime.fromisoformat(frame["at"])
            self.delays.append(age.total_seconds() * 1000)


class Watcher:
    """A simulated browser for each order: a socket that speaks the public protocol and resumes after a cut."""

    def __init__(self, base: str) -> None:
        self.url = base.replace("http", "ws", 1) + "/live/"
        self.seen: defaultdict[str, Seen] = defaultdict(Seen)
        self.problem = ""
        self.loop = asyncio.new_event_loop()
        self.sockets: list[asyncio.Task[None]] = []

    def start(self) -> bool:
        """Whether a socket can be opened. If not, `problem` says why."""
        threading.Thread(target=self.loop.run_forever, daemon=True).start()
        try:
            asyncio.run_coroutine_threadsafe(self._try(), self.loop).result(15)
        except Exception as problem:
            self.problem = f"{type(problem).__name__}: {problem}"
        return not self.problem

    def watch(self, stream: str) -> None:
        """Begin to watch. Returns when the snapshot has arrived."""
        asyncio.run_coroutine_threadsafe(self._open(_Shopper.of(stream)), self.loop).result(30)

    def _connect(self, session_key: str) -> Any:
        headers = {"Cookie": f"{settings.SESSION_COOKIE_NAME}={session_key}"}
        return websockets.connect(self.url, additional_headers=headers, proxy=None, open_timeout=20)

    async def _try(self) -> None:
        async with self._connect("") as socket:
            await socket.send(json.dumps({"t": "hello", "v": 1, "ticket": tickets.sign(Viewer(), None)}))

    async def _open(self, shopper: "_Shopper") -> None:
        first = asyncio.Event()
        self.sockets.append(asyncio.create_task(self._follow(shopper, first)))
        await first.wait()

    async def _follow(self, shopper: "_Shopper", first: asyncio.Event) -> None:
        stream, seen = shopper.stream, self.seen[shopper.stream]
        while True:
            try:
                async with self._connect(shopper.session_key) as socket:
                    sub = {"s": stream} | ({"e": seen.epoch, "n": seen.versions[-1]} if seen.versions else {})
                    hello = {"t": "hello", "v": 1, "ticket": shopper.ticket(), "subs": [sub]}
                    await socket.send(json.dumps(hello))
                    async for text in socket:
                        frame = json.loads(text)
                        if frame["t"] == "beat":
                            await socket.send(json.dumps({"t": "ack", "b": frame["b"]}))
                        elif frame["t"] in ("ev", "snap"):
                            seen.take(frame)
                            first.set()
            except (OSError, websockets.WebSocketException):
                pass
            await asyncio.sleep(0.3)


@dataclass(frozen=True)
class _Shopper:
    """A guest's session that may see its order, as after its access link."""

    stream: str
    session_key: str

    @classmethod
    def of(cls, stream: str) -> "_Shopper":
        store = import_module(settings.SESSION_ENGINE).SessionStore()
        store[tickets.GRANTS] = [stream]
        store.set_expiry(3600)
        store.create()
        return cls(stream, store.session_key)

    def ticket(self) -> str:
        """The ticket that `GET /live/ticket` would give to that session."""
        return tickets.sign(Viewer(grants=frozenset({self.stream})), self.session_key)


class Simulation:
    """Orders that arrive at `arrivals` (seconds from the start); each then goes its way, with waits of about `pace`
    seconds.

    With `histories` (one for each arrival) it is a real day again: each order goes the way, and has the waits, of the
    real one.
    """

    def __init__(
        self,
        arrivals: Sequence[float],
        pace: float,
        seed: int,
        watcher: Watcher | None,
        histories: Sequence[History] = (),
    ) -> None:
        self.arrivals, self.pace, self.watcher, self.histories = arrivals, pace, watcher, histories
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
                order = transition(ref, Status.SHIPPED, by=Actor.STAFF, actor=WHO)
                scan(order.parcels.get().tracking, Scan.Kind.IN_TRANSIT, happened, carrier=WHO)
            case "delivered":
                tracking = Order.objects.get(ref=ref).parcels.get().tracking
                scan(tracking, Scan.Kind.OUT_FOR_DELIVERY, happened - timedelta(seconds=0.01), carrier=WHO)
                scan(tracking, Scan.Kind.DELIVERED, happened, carrier=WHO)
            case "cancelled":
                transition(ref, Status.CANCELLED, by=Actor.STAFF, actor=WHO, reason=Reason.OUT_OF_STOCK.value)

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
    """The result: the rows compared with what the watcher saw."""

    handled: dict[str, list[float]]
    shown: list[float]
    faults: list[str]


def verdict(simulation: Simulation) -> Verdict:
    """Wait until every delivery is acknowledged, then compare: lost, doubled, out of order, stale."""
    streams = [str(StreamName("order", ref)) for ref in simulation.placed]
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
    rows = Delivery.objects.filter(stream__in=streams, acknowledged_at__isnull=False).exclude(due_at__gt=timezone.now())
    last: dict[tuple[str, str], Any] = {}
    for handler, stream, at, acknowledged in rows.order_by("handler", "stream", "seq").values_list(
        "handler", "stream", "event__recorded_at", "acknowledged_at"
    ):
        assert acknowledged is not None  # by the filter
        handled[handler].append((acknowledged - at).total_seconds() * 1000)
        if acknowledged < last.get((handler, stream), acknowledged):
            faults.append(f"{stream}: {handler} was out of order")
        last[handler, stream] = acknowledged
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
