"""A web process that is told to stop: nobody is cut off, nothing is lost, and it ends."""

import asyncio
import signal
import time

import httpx
import pytest

from orders.lifecycle import Status
from tests.events.live.conftest import PATH, amove, both, same, servers, watching
from tests.support.factories import make_order
from tests.support.live import Network, Screen, Visitor, closed, frame, in_loop
from tests.support.servers import free_port


@both
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
                    new = await asyncio.to_thread(web, server, LIVE_SHUTDOWN_SECONDS="2")
                    network.lead_to(new)
                    process = web.process(old)
                    process.send_signal(signal.SIGTERM)
                    await asyncio.to_thread(process.wait, 20)
                    old = new
                await moving
                for screen, order in screens:
                    await same(screen, order, every=True)
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
    url = web(server, port, LIVE_SHUTDOWN_SECONDS="2")
    visitor = Visitor(url).open(order)

    async def play(screen):
        sockets = [visitor.connect() for _ in range(10)]
        opened = [await socket for socket in sockets]
        process = web.process(url)
        async with httpx.AsyncClient(base_url=url) as http:
            ready = await http.get("/readyz")
            process.send_signal(signal.SIGTERM)
            await asyncio.sleep(0.15)
            stopping = await http.get("/readyz")
        assert ready.json()["problems"].get("web") is None
        assert (stopping.status_code, stopping.json()["problems"]) == (503, {"web": "this process is stopping"})
        codes = await asyncio.gather(*(closed(socket) for socket in opened))
        assert set(codes) == {1012}
        await amove(order, Status.PAID)
        await asyncio.to_thread(process.wait, 10)
        await screen.until(lambda: screen.codes, what="the end of the socket")
        await asyncio.to_thread(web, server, port)
        await same(screen, order)
        assert screen.codes[0] == 1012
        assert "bye" in screen.received

    in_loop(watching(visitor, order, play))


def asked_to_stop_in_a_request(web, server, **options):
    """The answer to a request that takes a second, of a process that is told to stop meanwhile."""
    url = web(server, **options)

    async def run():
        async with httpx.AsyncClient(base_url=url) as http:
            asked = asyncio.create_task(http.get("/probe/slow/?seconds=1", timeout=30))
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
        asked_to_stop_in_a_request(web, "daphne", LIVE_SHUTDOWN_SECONDS="0")


def test_a_second_sigterm_ends_at_once(web):
    order = make_order()
    url = web("daphne", LIVE_SHUTDOWN_SECONDS="60")
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
