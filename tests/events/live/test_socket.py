"""The websocket, against a running web process: as a client that knows only the contract sees it."""

import asyncio
import json
import re
import subprocess

import pytest
import websockets
import websockets.exceptions

from events.models import Log
from orders.lifecycle import Status
from tests.events.live.conftest import amove, move
from tests.support.factories import UserFactory, VariantFactory, make_order
from tests.support.live import Visitor, closed, frame, in_loop
from tests.support.node import node

pytestmark = pytest.mark.once  # the live layer reads events the same way from each database


def test_snapshot_then_events_in_order_then_resume_after_a_cut(site):
    order = make_order()
    visitor = Visitor(site).open(order)

    async def watch():
        async with visitor.connect() as socket:
            await socket.send(visitor.hello({"s": order.stream}))
            snap = await frame(socket)
            assert (snap["t"], snap["n"], snap["d"]["status"]) == ("snap", 1, "placed")
            assert snap["d"]["ref"] == order.ref
            await amove(order, Status.PAID)
            event = await frame(socket)
            assert (event["t"], event["n"], event["type"], event["d"]["label"]) == ("ev", 2, "order.paid", "Paid")
            assert {"id", "at", "e", "s"} <= set(event)
        await amove(order, Status.PREPARING)
        await amove(order, Status.SHIPPED)
        async with visitor.connect() as socket:
            await socket.send(visitor.hello({"s": order.stream, "e": event["e"], "n": 2}))
            assert [(await frame(socket))["n"] for _ in range(2)] == [3, 4]

    in_loop(watch())


def test_every_change_of_a_busy_order_arrives_once_and_in_order(site):
    order = make_order()
    visitor = Visitor(site).open(order)
    path = (Status.PAID, Status.PREPARING, Status.SHIPPED, Status.OUT_FOR_DELIVERY, Status.DELIVERED, Status.REFUNDED)

    async def watch():
        async with visitor.connect() as socket:
            await socket.send(visitor.hello({"s": order.stream}))
            await frame(socket)
            for target in path:
                await amove(order, target)
            numbers = []
            while len(numbers) < len(path):  # a beat may be between them, where one came before the one before it
                numbers += [n] if (n := (await frame(socket)).get("n")) else []
            return numbers

    assert in_loop(watch()) == [2, 3, 4, 5, 6, 7]


def test_stock_is_pushed_to_whoever_looks(site):
    from shop.catalog import stock

    variant = VariantFactory(stocked=9)
    visitor = Visitor(site)
    page = visitor.http.get(variant.product.get_absolute_url()).text
    visitor.ticket = re.search(r'name="live-ticket" content="([^"]+)"', page)[1]

    def sell():
        from django.db import connections

        stock.adjust(variant, 2)
        connections.close_all()

    async def watch():
        async with visitor.connect() as socket:
            await socket.send(visitor.hello({"s": f"stock:{variant.sku}"}))
            assert (await frame(socket))["d"]["available"] == 9
            await asyncio.to_thread(sell)
            return await frame(socket)

    assert in_loop(watch())["d"]["label"] == "2 left"


def test_a_foreign_order_and_none_at_all_close_with_the_same_answer(site):
    mine, foreign = make_order(), make_order(user=UserFactory())
    visitor = Visitor(site).open(mine)

    async def ask(stream):
        async with visitor.connect() as socket:
            await socket.send(visitor.hello({"s": stream}))
            error = await frame(socket)
            return error["code"], error["detail"].replace(stream, ""), await closed(socket)

    answers = {in_loop(ask(s)) for s in (foreign.stream, "order:00000-00000")}
    assert len(answers) == 1
    assert answers.pop()[2] == 4403


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        ("not json", 4400),
        (b"\x00\x01", 4400),
        ('{"t":"dance"}', 4400),
        ('{"t":"hello","v":1,"ticket":"forged","subs":[]}', 4401),
        pytest.param("x" * 1_000_000, 4400, id="large"),
        pytest.param("[" * 10_000, 4400, id="nested"),
    ],
)
def test_a_bad_frame_closes_its_own_socket_with_its_code_and_no_other_socket(site, raw, code):
    order = make_order()
    visitor = Visitor(site).open(order)

    async def run():
        async with visitor.connect() as neighbour:
            await neighbour.send(visitor.hello({"s": order.stream}))
            await frame(neighbour)
            async with visitor.connect() as socket:
                await socket.send(raw)
                assert await closed(socket) == code
            await amove(order, Status.PAID)
            assert (await frame(neighbour))["n"] == 2

    in_loop(run())


def test_a_ticket_of_another_session_is_refused(site):
    order = make_order()
    visitor, thief = Visitor(site).open(order), Visitor(site).open(make_order())

    async def run():
        async with thief.connect() as socket:
            await socket.send(thief.hello({"s": order.stream}, ticket=visitor.ticket))
            return await closed(socket)

    assert in_loop(run()) == 4401


def test_who_says_nothing_is_let_go(site):
    visitor = Visitor(site).open(make_order())

    async def run():
        async with visitor.connect() as socket:
            return await closed(socket, 10)

    assert in_loop(run()) == 4401


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "http://127.0.0.1:1"])
def test_another_sites_page_may_not_connect(site, origin):
    order = make_order()
    visitor = Visitor(site).open(order)

    async def run():
        async with visitor.connect(headers={"Origin": origin}) as socket:
            return await closed(socket)

    assert in_loop(run()) == 4403


def test_any_other_websocket_path_is_refused(site):
    async def run():
        with pytest.raises(websockets.exceptions.InvalidStatus):
            async with websockets.connect(site.replace("http", "ws") + "/elsewhere/", proxy=None):
                pass

    in_loop(run())


def test_an_idle_socket_outlives_redis_timeouts_and_still_hears(site):
    """redis-py 8 gives up a silent socket after 5 s by default; the channel layer must stay connected."""
    order = make_order()
    visitor = Visitor(site).open(order)

    async def run():
        async with visitor.connect() as socket:
            await socket.send(visitor.hello({"s": order.stream}))
            await frame(socket)
            await asyncio.sleep(7)
            await amove(order, Status.PAID)
            return await frame(socket)

    assert in_loop(run())["n"] == 2


def test_a_restored_log_is_noticed_by_its_epoch(site):
    order = make_order()
    visitor = Visitor(site).open(order)
    # The page may have been given the one before, which is known for a second, and have made none.
    Log.objects.update_or_create(pk=1, defaults={"epoch": "restored"})

    async def run():
        async with visitor.connect() as socket:
            await socket.send(visitor.hello({"s": order.stream, "e": "another", "n": 1}))
            return await frame(socket)

    snap = in_loop(run())
    assert (snap["t"], snap["e"]) == ("snap", "restored")


def test_a_client_in_another_language_shows_what_the_database_holds(site):
    """Node, a hundred lines, written from docs/live.md."""
    order = make_order()
    visitor = Visitor(site).open(order)
    client = subprocess.Popen(
        [node(), "tests/support/client.mjs", site, visitor.cookies(), order.stream],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    try:
        assert json.loads(client.stdout.readline())["n"] == 1
        for target in (Status.PAID, Status.PREPARING, Status.SHIPPED):
            move(order, target)
        shown = [json.loads(client.stdout.readline()) for _ in range(3)]
    finally:
        client.stdin.close()
        client.wait(5)
    assert [frame["n"] for frame in shown] == [2, 3, 4]
    assert shown[-1]["d"]["status"] == "shipped"
