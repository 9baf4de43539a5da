"""How long a push takes beside hostile clients, the staff's board and a stock that everybody watches."""

import asyncio
import json
import random
import time
from typing import Any

import picows
import psutil

from bench.figures import quantiles
from bench.live import load
from bench.live.systems import Doorbell
from bench.live.watching import job, seen

GARBAGE = [
    b"not json",
    b"[" * 10_000,
    b'{"t":"nonsense"}',
    b'{"t":"ack","b":7}',
    b'{"t":"hello","v":1,"ticket":"forged","subs":[]}',
    b'{"t":"hello","v":1,"ticket":"' + b"x" * 9000 + b'"}',
    b"x" * 1_000_000,
]


async def hostile(system: Doorbell, clients: int, stop: asyncio.Event) -> dict[str, int]:
    """Each connects, says something bad or too much, is closed, and comes again, until `stop`.

    Counts the close codes.
    """
    (topic,) = await asyncio.to_thread(system.topics, 1)
    (good,) = system.dialect.hello(topic)
    codes: dict[str, int] = {}

    async def one(number: int) -> None:
        dice = random.Random(number)
        while not stop.is_set():
            _, socket = await picows.ws_connect(
                lambda: load.Socket(topic, system.dialect, greet=False),
                system.dialect.url(topic),
                extra_headers=system.dialect.headers(topic),
            )
            kind = dice.randrange(len(GARBAGE) + 2)
            if kind < len(GARBAGE):
                socket.say(GARBAGE[kind])
            elif kind == len(GARBAGE):  # let in, and then a flood
                for _ in range(100):
                    socket.say(good)
            else:  # a thousand subscriptions
                names = [{"s": f"order:{n:05d}-XXXXX"} for n in range(300)]
                socket.say(good)
                socket.say(json.dumps({"t": "sub", "subs": names}).encode())
            end = time.monotonic() + 2
            while not socket.closed and time.monotonic() < end and not stop.is_set():
                await asyncio.sleep(0.01)
            codes[str(socket.closed)] = codes.get(str(socket.closed), 0) + 1
            if socket.transport:
                socket.transport.disconnect()
            await asyncio.sleep(0.05)

    await asyncio.gather(*(one(number) for number in range(clients)))
    return codes


async def beside_hostile(system: Doorbell, count: int, clients: int = 20) -> dict[str, Any]:
    """Latencies of the pushes meanwhile, and how the hostile ones were let go."""
    topics = await asyncio.to_thread(system.topics, 20)
    sockets = await load.connect_all(system.dialect, topics)
    stop = asyncio.Event()
    attack = asyncio.create_task(hostile(system, clients, stop))
    await asyncio.sleep(1)
    made = await job(system, (topics * 5)[:count], 1 / 0.05)
    found = await seen(sockets, made.changes)
    stop.set()
    codes = await attack
    await load.close_all(sockets)
    return {
        "from_due": quantiles(found.from_due),
        "lost": found.lost,
        "hostile_sockets": sum(codes.values()),
        "closed_with": codes,
    }


async def board(system: Doorbell, seconds: float, rate: float, watchers: int = 5) -> dict[str, Any]:
    """Staff watch the board while orders change: how often it is told, how much, and what the web process takes."""
    topics = await asyncio.to_thread(system.topics, 500)
    await asyncio.to_thread(system.sign_in_staff)
    screens = await load.connect_all(system.dialect, ["board"] * watchers)
    assert system.web
    server = psutil.Process(system.web.pid)
    before = server.cpu_times()
    wanted = (topics * 5)[: int(rate * seconds)]
    made = await job(system, wanted, rate, 2)
    after = server.cpu_times()
    await asyncio.sleep(1.5)
    last = max(change.after for change in made.changes)
    frames = [len(s.log) for s in screens]
    sizes = [len(payload) for _, payload in screens[0].log]
    ends = [max(at for at, _ in s.log) - last for s in screens]
    closed = [s.closed for s in screens if s.closed]
    await load.close_all(screens)
    return {
        "watchers": watchers,
        "asked_per_second": rate,
        "changes_per_second": round(made.achieved, 1),
        "frames_per_second_each": round(min(frames) / (made.seconds + 1.5), 2),
        "bytes_a_frame": max(sizes),
        "told_after_the_last_change": all(end > 0 for end in ends),
        "web_processor_percent": round(100 * (after.user + after.system - before.user - before.system) / made.seconds),
        "closed": closed,
    }


async def stock(system: Doorbell, watchers: int, seconds: float = 5, rate: float = 100) -> dict[str, Any]:
    """Everybody looks at the one thing that sells: changes become few frames, and the last one is the truth."""
    from tests.support.factories import VariantFactory

    variant = await asyncio.to_thread(VariantFactory, stocked=10_000)
    topic = f"stock:{variant.sku}"
    (known,) = await asyncio.to_thread(system.topics, 1)
    system.sessions[topic] = system.sessions[known]
    sockets = await load.connect_all(system.dialect, [topic] * watchers)
    made = await job(system, [topic] * int(rate * seconds), rate)
    newest = max(change.number for change in made.changes)
    last = max(change.after for change in made.changes)
    end = time.monotonic() + 10
    while time.monotonic() < end and any(max(s.changes(), default=0) < newest for s in sockets):
        await asyncio.sleep(0.05)
    frames = [s.changes() for s in sockets]
    true = [max(found.values()) - last for found in frames if max(found, default=0) >= newest]
    await load.close_all(sockets)
    return {
        "watchers": watchers,
        "asked_per_second": rate,
        "changes_per_second": round(made.achieved, 1),
        "frames_per_second_each": round(max(len(found) for found in frames) / made.seconds, 1),
        "stale": len(sockets) - len(true),
        "last_screen_true_after_ms": round(1000 * max(true)) if true else None,
    }
