"""One change to many sockets; and what the client that counts them can take in at most."""

import asyncio
import json
import os
import statistics
import time
from collections.abc import Sequence
from typing import Any

from bench import kit
from bench.figures import spread
from bench.live import load
from bench.live.systems import System
from bench.live.watching import job, seen

TIMES = 8


async def fan_out(system: System, sizes: Sequence[int]) -> dict[str, Any]:
    """Milliseconds from before the COMMIT until the last of so many sockets has the change; and what a socket takes of
    the server's memory.
    """
    found: dict[str, Any] = {}
    for count in sizes:
        (topic,) = await asyncio.to_thread(system.topics, 1)
        first = await load.connect_all(system.dialect, [topic] * 20)
        await asyncio.sleep(0.3)
        before = system.memory()
        rest = await load.connect_all(system.dialect, [topic] * (count - 20), system.connects)
        await asyncio.sleep(1)
        each = (system.memory() - before) / len(rest) / 1024
        last, middle, rates, lost = [], [], [], 0
        for n in range(TIMES):
            if n % system.changes_of_one == 0:
                await asyncio.to_thread(system.begin_again, [topic])
            made = await job(system, [topic], 1)
            frames = await seen([*first, *rest], made.changes)
            lost += frames.lost
            last.append(1000 * max(frames.from_commit))
            middle.append(1000 * statistics.median(frames.from_commit))
            rates.append(len(frames.from_commit) / (max(frames.from_commit) - min(frames.from_commit)))
            await asyncio.sleep(0.2)
        await load.close_all([*first, *rest])
        found[str(count)] = {
            "last": spread(last),
            "median": spread(middle),
            "frames_per_second": round(statistics.median(rates)),
            "kib_per_socket": round(each, 1),
            "lost": lost,
        }
        kit.say(f"  {system.title}, {count} sockets: the last after {found[str(count)]['last']['median']} ms")
    return found


async def ceiling(system: System, count: int) -> dict[str, Any]:
    """Frames a second that this client takes in when they all wait for it already: no server is in that.

    The floor's server writes one message to so many sockets while the client stands still; then the client reads.
    """
    import redis

    sockets = await load.connect_all(system.dialect, ["ceiling"] * count, 1000)
    client = redis.Redis.from_url(os.environ["REDIS_URL"])
    spans = []
    for n in range(5):
        client.publish("floor", "ceiling " + json.dumps({"s": "ceiling", "n": n}))
        time.sleep(1.0)
        await asyncio.sleep(0.5)
        times = [socket.changes()[n] for socket in sockets]
        spans.append(max(times) - min(times))
    await load.close_all(sockets)
    return {"sockets": count, "frames_per_second": round(count / statistics.median(spans))}
