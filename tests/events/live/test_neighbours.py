"""What one client, or many, or a slow query do to those beside them: nothing."""

import asyncio
import json
import time

import httpx
import pytest
from django.db import connections
from django.utils import timezone

from events.models import Event
from orders.lifecycle import Actor, Status
from orders.models import Scan
from orders.shipping.scans import scan
from orders.transitions import transition
from tests.events.live.conftest import PATH, same, servers, sign_in, watching
from tests.support.factories import UserFactory, make_order
from tests.support.live import Network, Screen, Visitor, closed, frame, in_loop


def busy(orders, rounds):
    """Scans of parcels: every one is an event, and each event's state holds all before it."""
    try:
        for n in range(rounds):
            for order in orders:
                parcel = order.parcels.get()
                scan(parcel, Scan.Kind.IN_TRANSIT, timezone.now(), place=f"Hub {n} " + "x" * 100)
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
    """Bytes that the objects of the web process take, buffers among them.

    (What the allocator holds besides moves by 10 MiB by itself.)

    The least of a second: what is being read at a moment is gone at the next.
    """
    found = []
    for _ in range(5):
        found.append(httpx.get(f"{url}/probe/memory/").json()["bytes"])
        time.sleep(0.2)
    return min(found)


def stranger_at(url):
    """Somebody without an account and without an order."""
    visitor = Visitor(url)
    visitor.ticket = visitor.http.get("/live/ticket").json()["ticket"]
    return visitor


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
                await closed(far, 10)
                return grown
            finally:
                reading.cancel()
                await asyncio.gather(reading, return_exceptions=True)

    grown = in_loop(run())
    happened = sum(len(e.body) for e in Event.objects.filter(stream__in=[o.stream for o in orders]))
    assert happened > 2 * 2**20, "more than may wait for anybody"
    # The client may see 1006: a server does not wait long for somebody who reads nothing to read the close frame.
    assert 'live_closed_total{code="4409"} 1.0' in httpx.get(f"{url}/metrics").text
    assert grown < 2**20, f"{grown / 2**20:.1f} MiB"


@pytest.mark.alone
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


def test_behind_a_proxy_a_client_is_counted_by_its_own_address_whatever_it_claims(web):
    url = web(LIVE_PER_ADDRESS="2", TRUSTED_PROXIES="1")
    visitor = Visitor(url)

    async def run():
        def sent_by(address, claims):
            return visitor.connect(headers={"X-Forwarded-For": f"{claims}, {address}"})

        greedy = [await sent_by("2001:db8::1" if n else "2001:db8::ffff", f"127.0.0.{n}") for n in range(3)]
        third = await closed(greedy[-1])
        other = await sent_by("2001:db8:0:1::1", "127.0.0.1")
        await other.send(stranger_at(url).hello())
        beat = json.loads(await asyncio.wait_for(other.recv(), 30))
        for socket in (*greedy, other):
            await socket.close()
        return third, beat["t"]

    assert in_loop(run()) == (4429, "beat")


def test_strangers_leave_room_for_those_who_have_an_order(web):
    order = make_order()
    url = web(LIVE_MOST="8")
    guest, stranger = Visitor(url).open(order), stranger_at(url)

    async def run():
        strangers = [await stranger.connect() for _ in range(5)]
        for socket in strangers:
            await socket.send(stranger.hello())
        # Whose hello is read last. Its own place may still be taken for a moment.
        ends = [asyncio.create_task(closed(socket, 30)) for socket in strangers]
        (first,), others = await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
        sent_away = first.result()
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)
        known = [await guest.connect() for _ in range(3)]
        for socket in known:
            await socket.send(guest.hello({"s": order.stream}))
        shown = [(await frame(socket))["t"] for socket in known]
        known += [await guest.connect() for _ in range(2)]
        full = await closed(known[-1])
        for socket in (*strangers, *known):
            await socket.close()
        return sent_away, shown, full

    assert in_loop(run()) == (1013, ["snap"] * 3, 1013)


def test_a_socket_that_was_closed_counts_no_more(web):
    """A person who loads a page again and again has one socket at a time."""
    order = make_order()
    visitor = Visitor(web(LIVE_PER_PERSON="2")).open(order)

    async def run():
        answers = []
        for _ in range(6):
            socket = await visitor.connect()
            await socket.send(visitor.hello({"s": order.stream}))
            answers.append((await frame(socket))["t"])
            await socket.close()
            await asyncio.sleep(0.2)
        return answers

    assert in_loop(run()) == ["snap"] * 6


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
