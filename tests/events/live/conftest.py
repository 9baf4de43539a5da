"""Web processes that a test may break, and screens that are compared with the rows."""

import asyncio

import pytest
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore
from django.db import connections

from events.models import Event
from orders.lifecycle import Actor, Status
from orders.transitions import transition
from tests.support.live import Screen
from tests.support.servers import fixed_port, up

PATH = (Status.PAID, Status.PREPARING, Status.SHIPPED, Status.OUT_FOR_DELIVERY, Status.DELIVERED)
both = pytest.mark.parametrize("server", ["daphne", "uvicorn"])
servers = pytest.mark.parametrize("server", ["daphne", pytest.param("uvicorn", marks=pytest.mark.once)])
"""uvicorn on SQLite only: where the database may matter, `both`."""


@pytest.fixture
def web(shop, settings):
    """Start a web process of that server, with a worker for the pushes and a relay; its address."""

    def start(server="daphne", port=None, **extra):
        port = port or fixed_port()
        url = f"http://127.0.0.1:{port}"
        shop.processes = getattr(shop, "processes", {})
        shop.processes[url] = shop.web(port, server, SITE_URL=url, **extra)
        if len(shop.processes) == 1:
            shop.worker("events.live.0", EVENT_NOTIFY_LEASE="0.5")
            shop.relay(EVENT_NOTIFY_LEASE="0.5")
        return up(url)

    start.process = lambda url: shop.processes[url]
    return start


def move(order, target):
    return transition(order.ref, target, by=Actor.STAFF, actor="staff:1")


async def amove(order, target):
    return await asyncio.to_thread(without_connection, move, order, target)


def without_connection(work, *args):
    """The work, in a thread that is given up: what it had of the database is closed."""
    try:
        return work(*args)
    finally:
        connections.close_all()


async def watching(visitor, order, play, **options):
    """A screen of the order, live, while `play(screen)` runs."""
    screen = Screen(visitor, order.stream, **options)
    running = asyncio.create_task(screen.run())
    try:
        await screen.until(lambda: screen.shown, what="the first frame")
        return await play(screen)
    finally:
        running.cancel()
        (end,) = await asyncio.gather(running, return_exceptions=True)
        assert isinstance(end, asyncio.CancelledError), f"the screen was sent something that is no frame: {end!r}"


def truth(order):
    return Event.objects.filter(stream=order.stream).order_by("-seq").first().seq


async def same(screen, order, seconds=30.0, every=False):
    """The screen shows what the rows say; no version twice, none after a later one. With `every`, none was left out."""
    head = await asyncio.to_thread(without_connection, truth, order)
    await screen.until(lambda: screen.versions[order.stream] == head, seconds, f"version {head}")
    shown = [n for stream, n in screen.log if stream == order.stream]
    assert shown == (list(range(shown[0], head + 1)) if every else sorted(set(shown)))


def sign_in(visitor, user):
    session = SessionStore()
    session[SESSION_KEY] = str(user.pk)
    session[BACKEND_SESSION_KEY] = "django.contrib.auth.backends.ModelBackend"
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    session.save()
    visitor.http.cookies.set("sessionid", session.session_key)
    return visitor.look("/orders/")
