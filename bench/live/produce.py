"""A process that changes orders at a given rate: `python -m bench.live.produce SYSTEM`.

It reads jobs as JSON lines – `{"topics": [...], "rate": 200}`, one change for each topic named, at that rate – and answers each with a list of
`[topic, number, before COMMIT, after it]`, in seconds since the epoch. Latencies count from before the COMMIT: nobody's clock starts later.
"""

import json
import os
import sys
import time
from collections.abc import Callable

Change = Callable[[str], tuple[int, float, float]]


def doorbell() -> Change:
    import django

    django.setup()
    from django.db import transaction

    from events.delivery import publisher
    from orders.lifecycle import Status, edge
    from orders.models import Order
    from orders.transitions import transition
    from shop.catalog import stock
    from shop.catalog.models import Stock

    following = {
        Status.PLACED: Status.PAID,
        Status.PAID: Status.PREPARING,
        Status.PREPARING: Status.SHIPPED,
        Status.SHIPPED: Status.OUT_FOR_DELIVERY,
        Status.OUT_FOR_DELIVERY: Status.DELIVERED,
    }
    known: dict[str, Status] = {}

    def sell(topic: str) -> tuple[int, float, float]:
        with transaction.atomic():
            one = Stock.objects.select_related("variant").get(sku=topic.removeprefix("stock:"))
            found = stock.adjust(one.variant, one.on_hand - 1)
            before = time.time()
        return found.version, before, time.time()

    def change(topic: str) -> tuple[int, float, float]:
        if topic.startswith("stock:"):
            return sell(topic)
        ref = topic.removeprefix("order:")
        if ref not in known:
            known[ref] = Status(Order.objects.values_list("status", flat=True).get(ref=ref))
        target = following[known[ref]]
        by = next(iter(edge(known[ref], target).by))
        with transaction.atomic():
            order = transition(ref, target, by=by, actor="bench")
            before = time.time()
        known[ref] = target
        return order.version, before, time.time()

    import atexit

    atexit.register(publisher.flush, 10)
    return change


def tutorial() -> Change:
    from bench.peers.tutorial import Order, transaction

    def change(topic: str) -> tuple[int, float, float]:
        with transaction.atomic():
            order = Order.objects.select_for_update().get(topic=topic)
            order.number += 1
            order.save()
            before = time.time()
        return order.number, before, time.time()

    return change


def _row(tell: Callable[[str, int], object]) -> Change:
    """A row and a message, with nothing between: the least that a change can be."""
    import psycopg

    connection = psycopg.connect(os.environ["DATABASE_URL"])
    with connection.transaction():
        connection.execute("CREATE TABLE IF NOT EXISTS bench_row (topic text, n int)")
    numbers: dict[str, int] = {}

    def change(topic: str) -> tuple[int, float, float]:
        n = numbers[topic] = numbers.get(topic, 0) + 1
        with connection.transaction():
            connection.execute("INSERT INTO bench_row VALUES (%s, %s)", (topic, n))
            before = time.time()
        after = time.time()
        tell(topic, n)
        return n, before, after

    return change


def floor() -> Change:
    import redis

    client = redis.Redis.from_url(os.environ["REDIS_URL"])
    return _row(lambda topic, n: client.publish("floor", f"{topic} " + json.dumps({"s": topic, "n": n})))


def floortask() -> Change:
    from bench.peers.floor_task import publish

    return _row(lambda topic, n: publish.delay(f"{topic} " + json.dumps({"s": topic, "n": n})))


def socketio() -> Change:
    import redis

    client = redis.Redis.from_url(os.environ["REDIS_URL"])
    return _row(lambda topic, n: client.publish("socketio", json.dumps({"s": topic, "n": n})))


def nchan() -> Change:
    import httpx

    client = httpx.Client(base_url=os.environ["NCHAN_URL"])
    return _row(lambda topic, n: client.post("/pub", params={"id": topic}, content=json.dumps({"s": topic, "n": n})))


def main() -> None:
    change: Change = {f.__name__: f for f in (doorbell, tutorial, floor, floortask, socketio, nchan)}[sys.argv[1]]()
    print("ready", flush=True)
    for line in sys.stdin:
        job = json.loads(line)
        done, started = [], time.perf_counter()
        for n, topic in enumerate(job["topics"]):
            time.sleep(max(0.0, started + n / job["rate"] - time.perf_counter()))
            done.append([topic, *change(topic)])
        print(json.dumps({"seconds": time.perf_counter() - started, "changes": done}), flush=True)


if __name__ == "__main__":
    main()
