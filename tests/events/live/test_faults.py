"""What a screen shows equals what the database holds, whatever fails in between; under daphne and under uvicorn.

Each test breaks one thing, moves orders meanwhile, and reconciles what arrived with the rows.
"""

import asyncio
import os
import re
import signal
import time

import httpx
import pytest
import redis
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY, get_user_model
from django.contrib.auth.models import Group, Permission
from django.contrib.sessions.backends.db import SessionStore
from django.db import connections
from django.utils import timezone

from events.models import Event
from orders.lifecycle import Actor, Status
from orders.models import Scan
from orders.transitions import scan, transition
from tests.conftest import environment
from tests.events.live.test_socket import amove, closed, frame
from tests.support.factories import UserFactory, make_order
from tests.support.live import Network, Screen, Visitor, in_loop
from tests.support.servers import Shop, free_port, valkey, wait_until

pytestmark = [pytest.mark.processes, pytest.mark.xdist_group("faults")]

PATH = (Status.PAID, Status.PREPARING, Status.SHIPPED, Status.OUT_FOR_DELIVERY, Status.DELIVERED)
servers = pytest.mark.parametrize("server", ["daphne", "uvicorn"])


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


@servers
def test_a_rolling_restart_under_load_loses_no_event_and_shows_no_error(web, server):
    orders = [make_order() for _ in range(4)]
    first = web(server)

    async def move_all():
        for status in PATH:
            for order in orders:
                await amove(order, status)
                await asyncio.sleep(0.15)

    async def run():
        async with Network(first) as network:
            visitors = [await asyncio.to_thread(Visitor(network.url).open, order) for order in orders]
            screens = [(Screen(v, o.stream), o) for v, o in zip(visitors, orders, strict=True) for _ in range(3)]
            running = [asyncio.create_task(screen.run()) for screen, _ in screens]
            try:
                for screen, _ in screens:
                    await screen.until(lambda screen=screen: screen.shown, what="the first frame")
                moving = asyncio.create_task(move_all())
                old = first
                for _ in range(2):
                    new = await asyncio.to_thread(web, server, LIVE_DRAIN_SECONDS="2")
                    network.lead_to(new)
                    process = web.process(old)
                    process.send_signal(signal.SIGTERM)
                    await asyncio.to_thread(process.wait, 20)
                    old = new
                await moving
                for screen, order in screens:
                    await same(screen, order)
                    assert set(screen.codes) == {1012}
                    assert screen.failures == []
            finally:
                for task in running:
                    task.cancel()
                await asyncio.gather(*running, return_exceptions=True)

    in_loop(run())


@servers
def test_a_web_process_that_is_asked_to_stop_says_goodbye_first_and_is_not_ready_meanwhile(web, server):
    order = make_order()
    port = free_port()
    url = web(server, port, LIVE_DRAIN_SECONDS="2")
    visitor = Visitor(url).open(order)

    async def play(screen):
        sockets = [visitor.connect() for _ in range(10)]
        opened = [await socket for socket in sockets]
        process = web.process(url)
        async with httpx.AsyncClient(base_url=url) as http:
            ready = await http.get("/readyz")
            process.send_signal(signal.SIGTERM)
            await asyncio.sleep(0.15)
            draining = await http.get("/readyz")
        assert ready.json()["problems"].get("web") is None
        assert (draining.status_code, draining.json()["problems"]) == (503, {"web": "this process is stopping"})
        codes = await asyncio.gather(*(closed(socket) for socket in opened))
        assert set(codes) == {1012}
        await amove(order, Status.PAID)
        await asyncio.to_thread(process.wait, 10)
        await screen.until(lambda: screen.codes, what="the end of the socket")
        await asyncio.to_thread(web, server, port)
        await same(screen, order)
        assert screen.codes[0] == 1012
        assert "bye" in screen.told

    in_loop(watching(visitor, order, play))


def asked_to_stop_in_a_request(web, server, **options):
    """The answer to a request that takes a second, of a process that is told to stop meanwhile."""
    url = web(server, **options)

    async def run():
        async with httpx.AsyncClient(base_url=url) as http:
            asked = asyncio.create_task(http.get("/probe/slow/?seconds=1", timeout=10))
            await asyncio.sleep(0.3)
            web.process(url).send_signal(signal.SIGTERM)
            return await asked

    answer = in_loop(run())
    web.process(url).wait(10)
    return answer


@servers
def test_a_request_that_is_under_way_is_answered_before_the_process_stops(web, server):
    answer = asked_to_stop_in_a_request(web, server)
    assert (answer.status_code, answer.text) == (200, "done")
    assert answer.headers["Connection"] == "close"


def test_without_time_for_it_daphne_cuts_the_request(web):
    with pytest.raises(httpx.RemoteProtocolError):
        asked_to_stop_in_a_request(web, "daphne", LIVE_DRAIN_SECONDS="0")


def test_a_second_sigterm_ends_at_once(web):
    order = make_order()
    url = web("daphne", LIVE_DRAIN_SECONDS="60")
    visitor = Visitor(url).open(order)

    async def run():
        async with visitor.connect() as socket:
            await socket.send(visitor.hello({"s": order.stream}))
            await frame(socket)
            process = web.process(url)
            process.send_signal(signal.SIGTERM)
            await asyncio.sleep(0.2)
            process.send_signal(signal.SIGTERM)
            await asyncio.to_thread(process.wait, 10)

    started = time.monotonic()
    in_loop(run())
    assert time.monotonic() - started < 10


@pytest.fixture
def own_valkey(running_site, transactional_db):
    """A shop on a Valkey that a test may kill; yields (shop, port, start it again)."""
    from contextlib import ExitStack

    running_site.stop()
    with ExitStack() as stack:
        port = free_port()
        servers = [stack.enter_context(ExitStack())]
        url = servers[0].enter_context(valkey(port))

        def restart():
            servers[-1].close()
            servers.append(stack.enter_context(ExitStack()))
            servers[-1].enter_context(valkey(port))

        shop = Shop(environment(url, EVENT_RING_LEASE="0.3"))
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
            await screen.until(lambda: "stale" in screen.told, 10, "stale")
            await amove(order, Status.PAID)
        finally:
            os.kill(pid, signal.SIGCONT)
        await same(screen, order, 10)
        assert screen.told[-1] in ("beat", "ev")

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


# -- Slow clients ------------------------------------------------------------------------------------


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


@pytest.mark.once
@servers
def test_a_client_that_reads_nothing_costs_less_than_a_megabyte_and_is_let_go(web, server):
    """Its network stalls while its orders go on changing; the neighbour, who watches the same, is told everything."""
    staff = UserFactory(email="packer@example.com", is_staff=True, is_superuser=True)
    rounds = 115  # of growing events: what they say together grows by its square
    warming, orders = ([shipped() for _ in range(2)] for _ in range(2))
    url = web(server, LIVE_STALL_SECONDS="4", LIVE_BEAT_SECONDS="2", PYTHONTRACEMALLOC="1")
    visitor = sign_in(Visitor(url), staff)

    async def run():
        async with Network(url) as network:
            near = Screen(visitor, *(o.stream for o in (*warming, *orders)))
            reading = asyncio.create_task(near.run())
            try:
                await near.until(lambda: len(near.shown) == 4, 30)
                # The same as later, with nobody stalled: what the process needs to tell so much, it has from then on.
                await asyncio.to_thread(busy, warming, rounds)
                await near.until(lambda: all(near.versions[o.stream] == 4 + rounds for o in warming), 30)
                far = await visitor.connect(network.url, max_queue=1)
                await far.send(visitor.look("/orders/").hello(*({"s": o.stream} for o in orders)))
                await frame(far)
                network.stall()
                before = await asyncio.to_thread(in_use, url)
                await asyncio.to_thread(busy, orders, rounds)
                await near.until(lambda: all(near.versions[o.stream] == 4 + rounds for o in orders), 30)
                grown = await asyncio.to_thread(in_use, url) - before
                await asyncio.sleep(5)
                network.flow()
                return grown, await closed(far, 10)
            finally:
                reading.cancel()
                await asyncio.gather(reading, return_exceptions=True)

    grown, code = in_loop(run())
    happened = sum(len(e.body) for e in Event.objects.filter(stream__in=[o.stream for o in orders]))
    assert happened > 2 * 2**20, "more than may wait for anybody"
    assert code in (4409, 1006)  # who reads nothing may not get as far as the reason
    assert grown < 2**20, f"{grown / 2**20:.1f} MiB"


# -- The right to watch ------------------------------------------------------------------------------


def sign_out(visitor, user):
    page = visitor.http.get("/accounts/logout/")
    token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page.text)[1]
    assert visitor.http.post("/accounts/logout/", data={"csrfmiddlewaretoken": token}).status_code == 200


def change_password(visitor, user):
    user.set_password("another one")
    user.save()


def deactivate(visitor, user):
    user.is_active = False
    user.save()


def lose_permission(visitor, user):
    user.user_permissions.clear()


def lose_group_permission(visitor, user):
    Group.objects.get(name="Packers").permissions.clear()


def removed(visitor, user):
    user.delete()


@pytest.mark.parametrize(
    "loses", [sign_out, change_password, deactivate, lose_permission, lose_group_permission, removed]
)
def test_who_loses_the_right_to_watch_is_cut_off_within_a_second_and_nobody_else(web, loses):
    order = make_order()
    permission = Permission.objects.get(codename="view_order")
    staff = UserFactory(email="packer@example.com", is_staff=True)
    if loses is lose_group_permission:
        group = Group.objects.create(name="Packers")
        group.permissions.add(permission)
        staff.groups.add(group)
    else:
        staff.user_permissions.add(permission)
    url = web()
    visitor, guest = sign_in(Visitor(url), staff), Visitor(url).open(order)

    async def run():
        async with visitor.connect() as socket, guest.connect() as other:
            await socket.send(visitor.hello({"s": order.stream}))
            await other.send(guest.hello({"s": order.stream}))
            assert (await frame(socket))["t"] == (await frame(other))["t"] == "snap"
            started = time.monotonic()
            await asyncio.to_thread(without_connection, loses, visitor, staff)
            code = await closed(socket, 3)
            assert time.monotonic() - started < 1.5
            await amove(order, Status.PAID)
            assert (await frame(other))["n"] == 2
            return code

    assert in_loop(run()) == 4401


def without_connection(work, *args):
    try:
        work(*args)
    finally:
        connections.close_all()


def test_who_lost_the_right_and_the_hint_was_lost_too_is_found_by_the_next_look(web):
    order = make_order()
    staff = UserFactory(email="packer@example.com", is_staff=True, is_superuser=True)
    url = web(LIVE_RECHECK_SECONDS="1")
    visitor = sign_in(Visitor(url), staff)

    # `update` sends no signal.
    async def run():
        async with visitor.connect() as socket:
            await socket.send(visitor.hello({"s": order.stream}))
            await frame(socket)
            await asyncio.to_thread(
                without_connection, lambda: get_user_model().objects.filter(pk=staff.pk).update(is_active=False)
            )
            return await closed(socket, 5)

    assert in_loop(run()) == 4401


# -- The neighbours ----------------------------------------------------------------------------------


def test_a_slow_query_elsewhere_in_the_process_delays_no_push(web, record_property):
    order = shipped()
    url = web()
    visitor = Visitor(url).open(order)

    async def play(screen):
        async with httpx.AsyncClient(base_url=url, timeout=30) as http:
            slow = [asyncio.create_task(http.get("/probe/slow/?seconds=2")) for _ in range(3)]
            await asyncio.sleep(0.2)
            await asyncio.to_thread(busy, [order], 20)
            await same(screen, order)
            assert not any(task.done() for task in slow), "the queries were over before the pushes"
            await asyncio.gather(*slow)

    in_loop(watching(visitor, order, play))


def test_one_person_and_one_address_have_so_many_sockets(web):
    order = make_order()
    url = web(LIVE_PER_ADDRESS="6", LIVE_PROXIES="10.0.0.1", LIVE_PER_PERSON="3")
    visitor = Visitor(url).open(order)

    async def run():
        mine = [await visitor.connect() for _ in range(4)]
        kept = []
        for socket in mine[:3]:
            await socket.send(visitor.hello({"s": order.stream}))
            kept.append((await frame(socket))["t"])
        await mine[-1].send(visitor.hello({"s": order.stream}))
        fourth = await closed(mine[-1])
        others = [await visitor.connect() for _ in range(4)]
        seventh = await closed(others[-1])
        for socket in (*mine, *others):
            await socket.close()
        return fourth, kept, seventh

    assert in_loop(run()) == (4429, ["snap"] * 3, 4429)


def test_a_crowd_is_given_its_turns(web):
    url = web(LIVE_CONNECT_RATE="1")
    visitor = Visitor(url)

    async def run():
        crowd = [await visitor.connect() for _ in range(12)]
        bye = await frame(crowd[-1])
        code = await closed(crowd[-1])
        for socket in crowd:
            await socket.close()
        return bye, code

    bye, code = in_loop(run())
    assert (bye["t"], bye["code"], code) == ("bye", 1013, 1013)
    assert bye["after_ms"] >= 2000
