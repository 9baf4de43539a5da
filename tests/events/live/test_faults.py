"""What a screen shows equals what the database holds, whatever fails in between; under daphne and under uvicorn.

Each test breaks one thing, moves orders meanwhile, and reconciles what arrived with the rows.
"""

import asyncio
import os
import signal
from contextlib import ExitStack

import pytest
import redis
from django.db import connections

from orders.lifecycle import Actor, Status
from orders.transitions import transition
from tests.conftest import environment
from tests.events.live.conftest import PATH, amove, same, servers, watching
from tests.support.factories import make_order
from tests.support.live import Network, Visitor, in_loop
from tests.support.servers import Shop, free_port, up, valkey


@servers
def test_ten_cuts_of_the_network_leave_no_stale_page(web, server):
    order = make_order()
    url = web(server)
    visitor = Visitor(url).open(order)

    async def play(screen, network):
        for n in range(10):
            outage = asyncio.create_task(network.outage(0.3 if n else 2.0))
            if n % 2 == 0:
                await amove(order, PATH[n // 2])
            await outage
            await screen.until(lambda: screen.socket, what="another socket")
        await same(screen, order)
        assert screen.sockets >= 11

    async def run():
        async with Network(url) as network:
            await watching(visitor, order, lambda screen: play(screen, network), at=network.url)

    in_loop(run())


@servers
def test_a_web_process_that_is_killed_leaves_no_stale_page(web, server):
    order = make_order()
    port = free_port()
    url = web(server, port)
    visitor = Visitor(url).open(order)

    async def play(screen):
        web.process(url).kill()
        await amove(order, Status.PAID)
        await asyncio.to_thread(web, server, port)
        await same(screen, order)

    in_loop(watching(visitor, order, play))


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

        shop = Shop(environment(url, EVENT_NOTIFY_LEASE="0.3"))
        stack.callback(shop.stop)
        yield shop, url, restart


@servers
def test_a_valkey_that_dies_and_comes_back_empty_leaves_no_stale_page(own_valkey, server):
    """With nobody to push – no worker – what was missed is found by the look at the heads when the canary is back."""
    shop, _, restart = own_valkey
    order = make_order()
    port = free_port()
    shop.web(port, server)
    url = up(f"http://127.0.0.1:{port}")
    visitor = Visitor(url).open(order)

    async def play(screen):
        await asyncio.sleep(1.5)
        stop = asyncio.create_task(asyncio.to_thread(restart))
        await amove(order, Status.PAID)
        await stop
        await same(screen, order, 6)
        assert screen.sockets == 1

    in_loop(watching(visitor, order, play))


@servers
def test_a_layer_that_is_silent_is_told_to_the_page_and_its_return_too(own_valkey, server):
    shop, url, _ = own_valkey
    order = make_order()
    port = free_port()
    shop.web(port, server)
    visitor = Visitor(up(f"http://127.0.0.1:{port}")).open(order)
    admin = redis.Redis.from_url(url)

    async def play(screen):
        await asyncio.sleep(1.2)
        pid = await asyncio.to_thread(lambda: admin.info("server")["process_id"])
        os.kill(pid, signal.SIGSTOP)
        try:
            await screen.until(lambda: "stale" in screen.update, 10, "stale")
            await amove(order, Status.PAID)
        finally:
            os.kill(pid, signal.SIGCONT)
        await same(screen, order, 10)
        assert screen.update[-1] in ("beat", "ev")

    in_loop(watching(visitor, order, play))


@servers
def test_flushall_leaves_no_deaf_socket(own_valkey, server):
    shop, url, _ = own_valkey
    order = make_order()
    port = free_port()
    shop.web(port, server)
    shop.worker("events.live.0")
    shop.relay()
    visitor = Visitor(up(f"http://127.0.0.1:{port}")).open(order)

    async def play(screen):
        for target in PATH:
            await asyncio.to_thread(redis.Redis.from_url(url).flushall)
            await amove(order, target)
        await same(screen, order)
        assert screen.sockets == 1

    in_loop(watching(visitor, order, play))


def test_a_lost_last_event_is_found_within_a_beat(web, settings):
    """Nobody pushes: the worker is not there."""
    order = make_order()
    shop_without_worker = web("daphne", LIVE_BEAT_SECONDS="2")
    visitor = Visitor(shop_without_worker).open(order)

    async def play(screen):
        await asyncio.to_thread(_write_silently, order)
        await same(screen, order, 4)

    in_loop(watching(visitor, order, play))


def _write_silently(order):
    """An event whose delivery to `live` is settled already: its push got lost on the way."""
    from django.db import transaction

    from events.models import Delivery

    try:
        with transaction.atomic():
            transition(order.ref, Status.PAID, by=Actor.STAFF, actor="staff:1")
            Delivery.objects.filter(handler="live", event__stream=order.stream).delete()
    finally:
        connections.close_all()
