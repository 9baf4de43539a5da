"""What a screen shows equals what the database holds, whatever fails in between; under daphne and under uvicorn.

Each test breaks one thing, moves orders meanwhile, and reconciles what arrived with the rows.
"""

import asyncio
import os
import signal
from contextlib import ExitStack

import pytest
import redis

from orders.lifecycle import Status
from tests.conformance.conftest import use_broker
from tests.conftest import environment
from tests.events.live.conftest import PATH, amove, same, servers, watching
from tests.support.factories import make_order
from tests.support.live import Network, Screen, Visitor, in_loop
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
    """Without a worker nothing is pushed; the hub finds the change when heartbeats arrive again."""
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
        await same(screen, order)
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
            await screen.until(lambda: "stale" in screen.received, what="stale")
            await amove(order, Status.PAID)
        finally:
            os.kill(pid, signal.SIGCONT)
        await same(screen, order)
        assert screen.received[-1] in ("beat", "ev")

    in_loop(watching(visitor, order, play))


def frozen(url, restart):
    """Redis is stopped: it accepts connections and answers nothing."""
    pid = redis.Redis.from_url(url).info("server")["process_id"]
    os.kill(pid, signal.SIGSTOP)
    return lambda: os.kill(pid, signal.SIGCONT)


def killed(url, restart):
    """Redis is gone: its port is closed."""
    pid = redis.Redis.from_url(url).info("server")["process_id"]
    os.kill(pid, signal.SIGKILL)
    return restart


@pytest.mark.parametrize("fault", [frozen, killed])
@pytest.mark.parametrize("earlier", [True, False], ids=["a process with sockets", "a process without any"])
def test_a_page_that_is_opened_while_the_layer_is_away_says_so_and_keeps_up_by_beats(own_valkey, fault, earlier):
    shop, url, restart = own_valkey
    before, order = make_order(), make_order()
    port = free_port()
    shop.web(port, LIVE_BEAT_SECONDS="1")
    site = up(f"http://127.0.0.1:{port}")

    async def play(*_):
        back = await asyncio.to_thread(fault, url, restart)
        visitor = await asyncio.to_thread(Visitor(site).open, order)
        screen = Screen(visitor, order.stream)
        running = asyncio.create_task(screen.run())
        try:
            await screen.until(lambda: screen.shown and "stale" in screen.received, what="the first frame and stale")
            await amove(order, Status.PAID)
            await same(screen, order)
            await screen.until(lambda: screen.received[-1] == "stale", what="stale after what came from the database")
            await asyncio.to_thread(back)
            await screen.until(lambda: screen.received[-1] == "beat", what="a beat with no doubt after it")
            assert (screen.sockets, screen.failures) == (1, [])
        finally:
            back()
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)

    if earlier:
        in_loop(watching(Visitor(site).open(before), before, play))
    else:
        in_loop(play())


def test_a_page_that_was_open_keeps_up_by_beats_while_the_layer_is_away(own_valkey):
    """The layer's packets are dropped without a word; the database is there all the time."""
    shop, url, _ = own_valkey
    order = make_order()
    port = free_port()

    async def run():
        async with Network(url.removeprefix("redis://").partition("/")[0]) as network:
            layer = network.url.replace("http", "redis") + "/0"
            shop.web(port, LIVE_BEAT_SECONDS="1", REDIS_URL=layer)
            visitor = await asyncio.to_thread(lambda: Visitor(up(f"http://127.0.0.1:{port}")).open(order))

            async def play(screen):
                network.stall()
                await screen.until(lambda: "stale" in screen.received, what="stale")
                for target in PATH[:3]:
                    await amove(order, target)
                    await same(screen, order)
                network.flow()
                await screen.until(lambda: screen.received[-1] == "beat", what="a beat with no doubt after it")
                assert screen.sockets == 1

            await watching(visitor, order, play)

    in_loop(run())


def flush(client):
    client.flushall()


def break_subscriptions(client):
    client.execute_command("CLIENT", "KILL", "TYPE", "pubsub")


@servers
@pytest.mark.parametrize(("fault", "beat"), [(flush, "600"), (break_subscriptions, "1")])
def test_what_is_done_to_redis_before_every_change_leaves_no_silent_socket(own_valkey, server, fault, beat, redis_url):
    """With FLUSHALL every change is pushed: no beat comes.

    A broken subscription may lose a push, which the beat finds.
    """
    shop, url, _ = own_valkey
    order = make_order()
    port = free_port()
    shop.web(port, server, LIVE_BEAT_SECONDS=beat)
    shop.worker("events.live.0")
    visitor = Visitor(up(f"http://127.0.0.1:{port}")).open(order)
    use_broker(url)

    async def play(screen):
        for target in PATH:
            await asyncio.to_thread(fault, redis.Redis.from_url(url))
            await amove(order, target)
            await same(screen, order, 20, every=True)
        assert screen.sockets == 1

    try:
        in_loop(watching(visitor, order, play))
    finally:
        use_broker(redis_url)


def a_change_that_nobody_pushes(shop, beat, seconds):
    """A web process alone, with no worker and no relay.

    The screen, after so many seconds in which it may find the change.
    """
    order = make_order()
    port = free_port()
    shop.web(port, LIVE_BEAT_SECONDS=beat)
    visitor = Visitor(up(f"http://127.0.0.1:{port}")).open(order)

    async def play(screen):
        await asyncio.sleep(2.5)  # the beats after the first heartbeat are over
        screen.received.clear()
        await amove(order, Status.PAID)
        await same(screen, order, seconds)
        return screen.received

    return in_loop(watching(visitor, order, play))


def test_a_lost_last_event_is_found_within_a_beat(shop):
    received = a_change_that_nobody_pushes(shop, "2", 30)
    assert "ev" in received
    assert received[0] == "beat"


def test_without_a_beat_it_is_not_found(shop):
    """The control: nothing else tells the browser."""
    with pytest.raises(AssertionError, match="waited 6 s"):
        a_change_that_nobody_pushes(shop, "600", 6)
