"""Web processes that a test may break, and screens that are compared with the rows."""

import asyncio
import time
from contextlib import ExitStack

import httpx
import pytest
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore
from django.db import connections
from django.utils import timezone

from events.models import Event
from orders.lifecycle import Actor, Status
from orders.models import Scan
from orders.transitions import scan, transition
from tests.conftest import environment
from tests.support.factories import make_order
from tests.support.live import Screen
from tests.support.servers import Shop, free_port, valkey, wait_until

PATH = (Status.PAID, Status.PREPARING, Status.SHIPPED, Status.OUT_FOR_DELIVERY, Status.DELIVERED)
both = pytest.mark.parametrize("server", ["daphne", "uvicorn"])
servers = pytest.mark.parametrize("server", ["daphne", pytest.param("uvicorn", marks=pytest.mark.once)])
"""uvicorn on SQLite only: where the database may matter, `both`."""


def up(url):
    def answers():
        try:
            return httpx.get(f"{url}/healthz").status_code == 200
        except httpx.HTTPError:
            return False

    wait_until(answers, 30, "the web process")
    return url


@pytest.fixture
def web(shop, settings):
    """Start a web process of that server, with a worker for the pushes and a relay; its address."""

    def start(server="daphne", port=None, **extra):
        port = port or free_port()
        url = f"http://127.0.0.1:{port}"
        shop.processes = getattr(shop, "processes", {})
        shop.processes[url] = shop.web(port, server, SITE_URL=url, **extra)
        if len(shop.processes) == 1:
            shop.worker("events.live.0", EVENT_RING_LEASE="0.5")
            shop.relay(EVENT_RING_LEASE="0.5")
        return up(url)

    start.process = lambda url: shop.processes[url]
    return start


async def watching(visitor, order, play, **options):
    """A screen of the order, live, while `play(screen)` runs."""
    screen = Screen(visitor, order.stream, **options)
    running = asyncio.create_task(screen.run())
    try:
        await screen.until(lambda: screen.shown, what="the first frame")
        return await play(screen)
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


def truth(order):
    try:
        newest = Event.objects.filter(stream=order.stream).order_by("-seq").first()
        return newest.seq
    finally:
        connections.close_all()


async def same(screen, order, seconds=10.0):
    """The screen shows what the rows say; no version twice, none after a later one."""
    head = await asyncio.to_thread(truth, order)
    await screen.until(lambda: screen.versions[order.stream] == head, seconds, f"version {head}")
    shown = [n for _, n in screen.log]
    assert shown == sorted(shown)


@pytest.fixture
def own_valkey(running_site, transactional_db):
    """A shop on a Valkey that a test may kill; yields (shop, port, start it again)."""
    running_site.stop()
    with ExitStack() as stack:
        port = free_port()
        started = [stack.enter_context(ExitStack())]
        url = started[0].enter_context(valkey(port))

        def restart():
            started[-1].close()
            started.append(stack.enter_context(ExitStack()))
            started[-1].enter_context(valkey(port))

        shop = Shop(environment(url, EVENT_RING_LEASE="0.3"))
        stack.callback(shop.stop)
        yield shop, url, restart


def sign_in(visitor, user):
    session = SessionStore()
    session[SESSION_KEY] = str(user.pk)
    session[BACKEND_SESSION_KEY] = "django.contrib.auth.backends.ModelBackend"
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    session.save()
    visitor.http.cookies.set("sessionid", session.session_key)
    return visitor.look("/orders/")


def busy(orders, rounds):
    """Scans of parcels: every one is an event, and each event's state holds all before it."""
    try:
        for n in range(rounds):
            for order in orders:
                tracking = order.parcels.get().tracking
                scan(tracking, Scan.Kind.IN_TRANSIT, timezone.now(), place=f"Hub {n} " + "x" * 100)
    finally:
        connections.close_all()


def shipped(**fields):
    order = make_order(**fields)
    for target in PATH[:3]:
        transition(
            order.ref,
            target,
            by=Actor.STAFF,
            actor="staff:1",
            tracking=f"T{order.pk}" if target == Status.SHIPPED else "",
        )
    return order


def in_use(url):
    """Bytes that the objects of the web process take, buffers among them. (What the allocator holds besides moves by 10 MiB by itself.)

    The least of a second: what is being read at a moment is gone at the next.
    """
    found = []
    for _ in range(5):
        found.append(httpx.get(f"{url}/probe/memory/").json()["bytes"])
        time.sleep(0.2)
    return min(found)
