"""The longer form, `make bench-live`: crowds, storms, slow neighbours, and sockets that come and go."""

import asyncio
import random
import statistics
import time
from typing import Any

import httpx

from bench.figures import kept_up, quantiles
from bench.live import load
from bench.live.systems import Doorbell, System
from bench.live.watching import job, seen

PRODUCERS = 2


async def crowd(system: System, sockets: int, rate: float, seconds: float, rounds: int) -> dict[str, Any]:
    """One socket for each of many orders, `rate` changes a second; and the memory that an idle socket takes."""
    topics = await asyncio.to_thread(system.topics, sockets)
    warm = await load.connect_all(system.dialect, topics[:50])
    await asyncio.sleep(1)
    before = system.memory()
    rest = await load.connect_all(system.dialect, topics[50:])
    await asyncio.sleep(2)
    each = (system.memory() - before) / len(rest) / 1024
    order = topics[:]
    random.Random(1).shuffle(order)
    wanted = int(rate * seconds) // PRODUCERS * PRODUCERS
    took, rates, lost = [], [], 0
    for _ in range(rounds):
        await asyncio.to_thread(system.begin_again, topics)
        made = await job(system, (order * (wanted // len(order) + 1))[:wanted], rate, PRODUCERS)
        found = await seen([*warm, *rest], made.changes)
        took += found.from_due
        rates.append(made.achieved)
        lost += found.lost
        await asyncio.to_thread(system.finish)
    gone = sum(1 for s in (*warm, *rest) if s.closed)
    await load.close_all([*warm, *rest])
    return {
        "sockets": sockets,
        "kib_per_socket": round(each, 1),
        "asked_per_second": rate,
        "changes_per_second": round(statistics.median(rates), 1),
        "kept_up": kept_up(rate, min(rates)),
        "from_due": quantiles(took),
        "lost": lost,
        "closed": gone,
    }


async def churn(system: Doorbell, cycles: int) -> dict[str, Any]:
    """Connect, be told, close: the server's memory after each tenth."""
    topics = await asyncio.to_thread(system.topics, 50)
    sizes = []
    for _ in range(10):
        for start in range(0, cycles // 10, 50):
            sockets = await load.connect_all(system.dialect, topics[: min(50, cycles // 10 - start)], 250)
            await load.close_all(sockets)
        sizes.append(round(system.memory() / 1024 / 1024, 2))
    return {"cycles": cycles, "mib": sizes, "mib_after_the_first_tenth": round(sizes[-1] - sizes[0], 2)}


async def storm(system: Doorbell, sockets: int) -> dict[str, Any]:
    """The web process dies; all come back at once, with fresh tickets, while orders move.

    Until every screen shows the truth.
    """
    topics = await asyncio.to_thread(system.topics, sockets)
    connected = await load.connect_all(system.dialect, topics)
    stands = {s.topic: max(s.changes(), default=0) for s in connected}
    assert system.web
    system.web.kill()
    system.web.wait()
    moving = await asyncio.to_thread(system.produce, topics[::10], 100.0)
    started = time.monotonic()
    await asyncio.to_thread(system.start_web)
    up = time.monotonic() - started
    back: dict[str, float] = {}
    refused = 0

    async def come_back(topic: str) -> load.Socket:
        """As the browser does: full jitter from half a second on, and the server's word where it gives one."""
        nonlocal refused
        cap = 0.5
        while True:
            await asyncio.sleep(random.uniform(0, cap))
            try:
                await ticket(system, topic)
                socket = await load.connect(system.dialect, topic, 60)
                back[topic] = time.monotonic() - started
                return socket
            except (OSError, TimeoutError, load.picows.WSError):
                refused += 1
                cap = min(20.0, cap * 2)

    screens = await asyncio.gather(*(come_back(topic) for topic in topics))
    changes = await asyncio.to_thread(moving.result)
    newest = stands | {topic: n for topic, n, *_ in changes}
    end, stale = time.monotonic() + 60, list(screens)
    while stale and time.monotonic() < end:
        stale = [s for s in stale if max(s.changes(), default=0) < newest[s.topic]]
        await asyncio.sleep(0.1)
    truth = time.monotonic() - started
    await load.close_all(screens)
    waits = sorted(back.values())
    return {
        "sockets": sockets,
        "moved_meanwhile": len(changes),
        "server_up_after_seconds": round(up, 1),
        "back_after_seconds": {"p50": round(waits[len(waits) // 2], 1), "last": round(waits[-1], 1)},
        "all_true_after_seconds": round(truth, 1),
        "sent_away": refused,
        "stale": len(stale),
    }


async def ticket(system: Doorbell, topic: str) -> None:
    """`GET /live/ticket` over a connection of its own, as each of 3,000 browsers would."""
    from django.conf import settings

    reader, writer = await asyncio.open_connection("127.0.0.1", system.port)
    try:
        cookie = f"{settings.SESSION_COOKIE_NAME}={system.sessions[topic]}"
        writer.write(
            f"GET /live/ticket HTTP/1.1\r\nHost: 127.0.0.1\r\nCookie: {cookie}\r\nConnection: close\r\n\r\n".encode()
        )
        answer = await asyncio.wait_for(reader.read(), 60)
        if b" 200 " not in answer[:20]:
            raise ConnectionError(answer[:20])
    finally:
        writer.close()


async def beside_slow_queries(system: Doorbell, count: int) -> dict[str, Any]:
    """Three requests at a time sit in a query of 2 s each, in the process that pushes."""
    topics = await asyncio.to_thread(system.topics, 20)
    sockets = await load.connect_all(system.dialect, topics)
    stop = asyncio.Event()

    async def slow() -> None:
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{system.port}", timeout=30) as client:
            while not stop.is_set():
                (await client.get("/probe/slow/", params={"seconds": 2})).raise_for_status()

    queries = [asyncio.create_task(slow()) for _ in range(3)]
    await asyncio.sleep(0.5)
    made = await job(system, (topics * 5)[:count], 1 / 0.05)
    found = await seen(sockets, made.changes)
    stop.set()
    await asyncio.gather(*queries)
    await load.close_all(sockets)
    return {"from_due": quantiles(found.from_due), "lost": found.lost}
