"""What the live layer takes, and what others take for the same: prints JSON. The environment comes from `python -m bench`.

Every figure of a latency counts from before the COMMIT to the moment at which the client's event loop was given the frame.
"""

import argparse
import asyncio
import json
import os
import random
import resource
import statistics
import time
from collections.abc import Callable
from typing import Any

import httpx

from bench import kit
from bench.kit import quantiles
from bench.live import beside, load, stages
from bench.live.systems import Doorbell, Floor, FloorTask, Missing, Nchan, SocketIO, System, Tutorial, Uvicorn

SIZES = {
    False: {
        "idle": 80,
        "rounds": 3,
        "loaded": 300,
        "loaded_seconds": 3,
        "fanout": (100, 1000, 5000),
        "sockets": 2000,
        "seconds": 13,
        "crowds": 3,
        "cycles": 10_000,
        "storm": 3000,
    },
    True: {
        "idle": 50,
        "rounds": 1,
        "loaded": 150,
        "loaded_seconds": 1,
        "fanout": (500,),
        "sockets": 500,
        "seconds": 6,
        "crowds": 1,
        "cycles": 1000,
        "storm": 500,
    },
}
SHARES = {"half of capacity": 0.5, "nine tenths of capacity": 0.9}
ONCE = (Uvicorn, SocketIO, Nchan)
"""Idle in the first round only: beside these no target is measured."""
THEIR_HALF = "half of the tutorials' capacity"


async def job(system: System, topics: list[str], rate: float, producers: int = 1) -> tuple[float, list[Any]]:
    """Produce, and leave the event loop to the sockets meanwhile."""
    started = await asyncio.to_thread(system.produce, topics, rate, producers)
    return await asyncio.to_thread(started.result)


async def arrived(sockets: list[load.Socket], changes: list[Any], seconds: float = 10.0) -> tuple[list[float], int]:
    """Latencies of every change at every socket of its topic; and how many were not seen within `seconds`, neither they nor a later one."""
    newest: dict[str, int] = {}
    for topic, n, _, _ in changes:
        newest[topic] = max(n, newest.get(topic, 0))
    end = time.monotonic() + seconds
    waiting = [s for s in sockets if s.topic in newest]
    while waiting and time.monotonic() < end:
        waiting = [s for s in waiting if max(s.changes(), default=0) < newest[s.topic]]
        await asyncio.sleep(0.1)
    took: list[float] = []
    lost = 0
    seen = [(s.topic, s.changes()) for s in sockets]
    by_topic: dict[str, list[dict[int, float]]] = {}
    for topic, found in seen:
        by_topic.setdefault(topic, []).append(found)
    for topic, n, before, _ in changes:
        for found in by_topic.get(topic, ()):
            at = min((when for number, when in found.items() if number >= n), default=None)
            if at is None:
                lost += 1
            else:
                took.append(at - before)
    return took, lost


async def idle(system: System, count: int) -> tuple[list[float], list[Any], list[load.Socket]]:
    """One change at a time, 30 ms apart, a socket for each topic: latencies, the changes, and the sockets, closed."""
    topics = await asyncio.to_thread(system.topics, 10 + count // 4)
    sockets = await load.connect_all(system.dialect, topics)
    await asyncio.sleep(0.3)
    _, warm = await job(system, topics[:10], 50)
    _, changes = await job(system, [topics[10 + n % (len(topics) - 10)] for n in range(count)], 1 / 0.03)
    took, lost = await arrived(sockets, [*warm, *changes])
    assert not lost, f"{system.name}: {lost} lost"
    await load.close_all(sockets)
    return took[len(warm) :], changes, sockets


async def crowd(system: System, sockets: int, rate: float, seconds: float, rounds: int) -> dict[str, Any]:
    """A socket for each of many orders, so many changes a second; and what an idle socket takes of the server's memory."""
    topics = await asyncio.to_thread(system.topics, sockets)
    warm = await load.connect_all(system.dialect, topics[:50])
    await asyncio.sleep(1)
    before = system.memory()
    rest = await load.connect_all(system.dialect, topics[50:])
    await asyncio.sleep(2)
    each = (system.memory() - before) / len(rest) / 1024
    order = topics[:]
    random.Random(1).shuffle(order)
    wanted = int(rate * seconds)
    todo = (order * (wanted * rounds // len(order) + 1))[: wanted * rounds]
    producers = 2
    await job(system, topics[:4], 20, producers)
    frames, rates, lost = [], [], 0
    for n in range(rounds):
        took_seconds, changes = await job(system, todo[n * wanted : (n + 1) * wanted], rate, producers)
        took, missing = await arrived([*warm, *rest], changes)
        frames.append(quantiles(took))
        rates.append(round(len(changes) / took_seconds))
        lost += missing
    gone = sum(1 for s in (*warm, *rest) if s.closed)
    await load.close_all([*warm, *rest])
    return {
        "sockets": sockets,
        "kib_per_socket": round(each, 1),
        "changes": wanted * rounds,
        "changes_per_second": statistics.median(rates),
        # A slow quarter of a minute of the machine is one round; each figure is the median of the rounds.
        "frame": {name: statistics.median(found[name] for found in frames) for name in frames[0]},
        "p99_of_each_round": [found["p99"] for found in frames],
        "lost": lost,
        "closed": gone,
    }


async def all_loaded(systems: list[System], size: dict[str, Any]) -> dict[str, Any]:
    """Each by itself. The tutorials' pipeline is first: what is half of its capacity, ours is asked for as well."""
    found: dict[str, Any] = {}
    also: dict[str, float] = {}
    for system in sorted(systems, key=lambda s: not isinstance(s, Tutorial)):
        ours = isinstance(system, Doorbell)
        found[system.title] = await loaded(system, size["loaded"], size["loaded_seconds"], also if ours else {})
        if isinstance(system, Tutorial):
            also = {THEIR_HALF: found[system.title]["at"]["half of capacity"]["asked_per_second"]}
        kit.say(f"  {system.title} done")
    return {system.title: found[system.title] for system in systems}


async def loaded(system: System, orders: int, seconds: float, also: dict[str, float]) -> dict[str, Any]:
    """What it carries – changes a second until the last frame is there, produced as fast as they can be – and latencies at shares of that.

    And at the rates in `also`.

    One socket for each of 200 topics; changes go round all topics. An order has five.
    """
    topics = await asyncio.to_thread(system.topics, orders)
    sockets = await load.connect_all(system.dialect, topics[:200])
    order = topics * (5 if isinstance(system, Doorbell) else 100)
    await asyncio.sleep(0.5)
    warm = await job(system, order[:20], 50, 2)
    await arrived(sockets, warm[1])
    most = orders  # changes of the test of capacity
    started = time.time()
    _, changes = await job(system, order[20 : 20 + most], 1e6, 2)
    took, lost = await arrived(sockets, changes, 20.0)
    ended = max((max(s.changes().values(), default=0.0) for s in sockets), default=0.0)
    capacity = len(changes) / (max(ended, changes[-1][3]) - min(started, changes[0][2]))
    found: dict[str, Any] = {"capacity": round(capacity, 1), "lost": lost, "at": {}}
    at = 20 + most
    for name, rate in (also | {name: capacity * share for name, share in SHARES.items()}).items():
        if isinstance(system, Doorbell):
            await asyncio.to_thread(system.acknowledge)
        some = order[at : at + int(rate * seconds) // 2 * 2]  # even: a topic stays with its producer, which counts
        at += len(some)
        spent, changes = await job(system, some, rate, 2)
        took, lost = await arrived(sockets, changes, 20.0)
        found["lost"] += lost
        found["at"][name] = {
            "asked_per_second": round(rate, 1),
            "changes_per_second": round(len(changes) / spent, 1),
            **quantiles(took),
            "curve": kit.curve(took),
        }
    if isinstance(system, Doorbell):
        await asyncio.to_thread(system.acknowledge)
    await load.close_all(sockets)
    return found


async def fan_out(system: System, sizes: list[int]) -> dict[str, Any]:
    """One change to many sockets, four times for each size: until the last has it. And what a socket takes of the server's memory."""
    found: dict[str, Any] = {}
    for sockets in sizes:
        (topic,) = await asyncio.to_thread(system.topics, 1)
        first = await load.connect_all(system.dialect, [topic] * 20)
        await asyncio.sleep(0.3)
        before = system.memory()
        rest = await load.connect_all(system.dialect, [topic] * (sockets - 20), system.connects)
        await asyncio.sleep(1)
        each = (system.memory() - before) / len(rest) / 1024
        last, middle, lost = [], [], 0
        for _ in range(4):
            _, changes = await job(system, [topic], 1)
            took, missing = await arrived([*first, *rest], changes)
            lost += missing
            last.append(max(took))
            middle.append(statistics.median(took))
            await asyncio.sleep(0.2)
        await load.close_all([*first, *rest])
        found[str(sockets)] = {
            "last": kit.spread([1000 * v for v in last]),
            "median": kit.spread([1000 * v for v in middle]),
            "kib_per_socket": round(each, 1) if sockets >= 500 else "–",  # of few, it is noise
            "lost": lost,
        }
    return found


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
    """The web process dies; all come back at once, with fresh tickets, while orders move. Until every screen shows the truth."""
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
    _, changes = await asyncio.to_thread(moving.result)
    newest = stands | {topic: n for topic, n, _, _ in changes}
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
    _, changes = await job(system, (topics * 5)[:count], 1 / 0.05)
    took, lost = await arrived(sockets, changes)
    stop.set()
    await asyncio.gather(*queries)
    await load.close_all(sockets)
    return {"frame": quantiles(took), "lost": lost}


async def hostile(system: Doorbell) -> dict[str, Any]:
    """Twenty clients that mean harm, as fast as they can, on one address."""
    found = await beside.beside_hostile(system, job, arrived, 100)
    return {"frame": quantiles(found.pop("seconds")), **found}


async def ceiling(system: Floor, count: int) -> dict[str, Any]:
    """What this client takes in: one message to so many sockets of a server that does nothing but write, until the last has it."""
    import redis

    sockets = await load.connect_all(system.dialect, ["ceiling"] * count, 1000)
    client = redis.Redis.from_url(os.environ["REDIS_URL"])
    spans = []
    for n in range(5):
        client.publish("floor", "ceiling " + json.dumps({"s": "ceiling", "n": n}))
        await asyncio.sleep(0.5)
        times = [s.changes()[n] for s in sockets]
        spans.append(max(times) - min(times))
    await load.close_all(sockets)
    return {"frames_per_second": round(count / statistics.median(spans))}


KINDS = (Doorbell, Uvicorn, Floor, FloorTask, Tutorial, SocketIO, Nchan)


def started(systems: list[System], wanted: list[str]) -> dict[str, str]:
    """Start those wanted that this machine has, into `systems`; the others by title, with what they lack."""
    missing: dict[str, str] = {}
    for kind in KINDS:
        if kind.__name__.lower() not in wanted:
            continue
        system = kind()
        systems.append(system)
        try:
            if isinstance(system, Uvicorn):
                # The workers and the relay of the first serve it, too.
                system.sessions = systems[0].sessions  # type: ignore[attr-defined]
                system.start_web()
            else:
                system.prepare()
        except Missing as problem:
            systems.remove(system)
            missing[system.title] = str(problem)
        else:
            kit.say(f"  {system.title} started")
    return missing


async def all_idle(systems: list[System], size: dict[str, Any]) -> dict[str, Any]:
    """A B A B: a slow minute of the machine is everybody's, and one stall of it is one round's: p50, p95 and p99 are the medians of the rounds'."""
    took: dict[str, list[list[float]]] = {system.title: [] for system in systems}
    for n in range(size["rounds"]):
        for system in systems:
            if n and isinstance(system, ONCE):
                continue
            took[system.title].append((await idle(system, size["idle"]))[0])
            kit.say(f"  {system.title} idle")
    return {title: _of_rounds(rounds) for title, rounds in took.items()}


async def all_stages(systems: list[System], size: dict[str, Any]) -> dict[str, Any]:
    """The same once more, with notes of where a change is: milliseconds of each stage, the medians of all rounds."""
    changes: dict[str, list[Any]] = {system.title: [] for system in systems}
    frames: dict[str, dict[stages.Key, float]] = {system.title: {} for system in systems}
    for _ in range(2):
        for system in systems:
            _, changed, sockets = await idle(system, size["idle"])
            changes[system.title] += changed
            frames[system.title] |= {(s.topic, n): at for s in sockets for n, at in s.changes().items()}
    return {title: stages.read(changes[title], frames[title]) for title in changes}


def _of_rounds(rounds: list[list[float]]) -> dict[str, Any]:
    every = [value for values in rounds for value in values]
    each = [quantiles(values) for values in rounds]
    return {
        **quantiles(every),
        **{name: round(statistics.median(found[name] for found in each), 2) for name in ("p50", "p95", "p99")},
        "p99_of_each_round": [found["p99"] for found in each],
        "curve": kit.curve(every),
    }


async def each(systems: list[System], part: Callable[[System], Any]) -> dict[str, Any]:
    """One after the other."""
    found = {}
    for system in systems:
        found[system.title] = await part(system)
        kit.say(f"  {system.title} done")
    return found


async def run(chosen: list[str], wanted: list[str], loaded: list[str], quick: bool) -> dict[str, Any]:
    """The parts that were chosen, by name; of the systems wanted, those to load."""
    size = SIZES[quick]
    systems: list[System] = []
    try:
        missing = started(systems, wanted)
        ours: Any = next((s for s in systems if isinstance(s, Doorbell)), None)
        floor: Any = next((s for s in systems if type(s) is Floor), None)
        parts: dict[str, Callable[[], Any]] = {
            "idle": lambda: all_idle(systems, size),
            "loaded": lambda: all_loaded([s for s in systems if type(s).__name__.lower() in loaded], size),
            "fanout": lambda: each(
                [s for s in systems if not isinstance(s, FloorTask | Uvicorn | Tutorial)],
                lambda s: fan_out(s, size["fanout"]),
            ),
            "crowd": lambda: each(systems, lambda s: crowd(s, size["sockets"], 200, size["seconds"], size["crowds"])),
            "slow": lambda: beside_slow_queries(ours, 100),
            "hostile": lambda: hostile(ours),
            "board": lambda: beside.board(ours, job, 10, 200),
            "stock": lambda: beside.stock(ours, job, size["sockets"] // 2),
            "churn": lambda: churn(ours, size["cycles"]),
            "storm": lambda: storm(ours, size["storm"]),
            "ceiling": lambda: ceiling(floor, size["sockets"]),
            "stages": lambda: all_stages(systems, size),
        }
        found: dict[str, Any] = {"missing": missing}
        for name, part in parts.items():
            if name in chosen:
                found[name] = await part()
        return found
    finally:
        kit.at_once(*(system.stop for system in systems))


def main() -> None:
    """Every figure, as JSON."""
    parts = "idle,loaded,fanout,ceiling"  # and, for docs/live.md: crowd,slow,hostile,board,stock,churn,storm
    parser = argparse.ArgumentParser()
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--only", default=parts)
    parser.add_argument("--loaded", default="doorbell,uvicorn,floor,tutorial", help="systems for shares of capacity")
    parser.add_argument("--systems", default=",".join(kind.__name__.lower() for kind in KINDS))
    args = parser.parse_args()
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"
    if "stages" in args.only.split(","):
        if args.only != "stages":
            parser.error("stages is measured by itself: noting would be in the other figures")
        os.environ[stages.FILE] = os.path.join(os.environ["DATA_DIR"], "stages")
    kit.site()
    chosen, wanted, loaded = (names.split(",") for names in (args.only, args.systems, args.loaded))
    print(json.dumps(asyncio.run(run(chosen, wanted, loaded, args.quick))))


if __name__ == "__main__":
    main()
