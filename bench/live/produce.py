"""A process that changes orders at a given rate: `python -m bench.live.produce SYSTEM`.

It is an open-loop generator: the moment in which a change is due does not depend on how long the changes before it
took. A producer that is late starts the next change at once, and its delay is part of every latency that counts from
the due moment.

It reads jobs as JSON lines: `{"topics": [...], "rate": 200, "offset": 0.005, "give_up": 2}`, with one change for each
topic named. `offset` delays the first change; `give_up` ends a job that is so many seconds late. Each answer has a list
of `[topic, number, due, before COMMIT, after COMMIT]`, in seconds since the epoch.
"""

import itertools
import json
import os
import sys
import time
from collections.abc import Callable, Iterable
from typing import Any


class Producer:
    """Changes what a topic names."""

    def prepare(self, topics: Iterable[str]) -> None:
        """Read what the changes of a job need to know, before its clock runs."""

    def change(self, topic: str) -> tuple[int, float, float]:
        """The number of the change, and the moments before and after its COMMIT."""
        raise NotImplementedError


class Doorbell(Producer):
    """The next transition of an order's life, or one thing less in stock."""

    def __init__(self) -> None:
        import atexit

        import django

        django.setup()
        from events.delivery import publisher
        from orders.lifecycle import PATH

        self.following = dict(itertools.pairwise(PATH))
        self.statuses: dict[str, Any] = {}
        atexit.register(publisher.flush, 10)

    def prepare(self, topics: Iterable[str]) -> None:
        from orders.lifecycle import Status
        from orders.models import Order

        refs = {topic.removeprefix("order:") for topic in topics}
        found = Order.objects.filter(ref__in=refs).values_list("ref", "status")
        self.statuses = {ref: Status(status) for ref, status in found}

    def change(self, topic: str) -> tuple[int, float, float]:
        from django.db import transaction

        from orders.lifecycle import edge
        from orders.transitions import transition

        if topic.startswith("stock:"):
            return self.sell(topic)
        ref = topic.removeprefix("order:")
        target = self.following[self.statuses[ref]]
        by = next(iter(edge(self.statuses[ref], target).by))
        with transaction.atomic():
            order = transition(ref, target, by=by, actor="bench")
            before = time.time()
        self.statuses[ref] = target
        return order.version, before, time.time()

    def sell(self, topic: str) -> tuple[int, float, float]:
        from django.db import transaction

        from shop.catalog import stock
        from shop.catalog.models import Stock

        with transaction.atomic():
            one = Stock.objects.select_related("variant").get(sku=topic.removeprefix("stock:"))
            found = stock.adjust(one.variant, one.on_hand - 1)
            before = time.time()
        return found.version, before, time.time()


class Tutorial(Producer):
    """A new number of an order; the peer's own signal does the rest."""

    def change(self, topic: str) -> tuple[int, float, float]:
        from bench.peers.tutorial import Order, transaction

        with transaction.atomic():
            order = Order.objects.select_for_update().get(topic=topic)
            order.number += 1
            order.save()
            before = time.time()
        return order.number, before, time.time()


class Row(Producer):
    """A row and a message, with nothing between: the least that a change can be."""

    def __init__(self, tell: Callable[[str, int], object]) -> None:
        import psycopg

        self.tell = tell
        self.numbers: dict[str, int] = {}
        self.connection = psycopg.connect(os.environ["DATABASE_URL"])
        with self.connection.transaction():
            self.connection.execute("CREATE TABLE IF NOT EXISTS bench_row (topic text, n int)")

    def change(self, topic: str) -> tuple[int, float, float]:
        n = self.numbers[topic] = self.numbers.get(topic, 0) + 1
        with self.connection.transaction():
            self.connection.execute("INSERT INTO bench_row VALUES (%s, %s)", (topic, n))
            before = time.time()
        after = time.time()
        self.tell(topic, n)
        return n, before, after


def floor() -> Producer:
    import redis

    client = redis.Redis.from_url(os.environ["REDIS_URL"])
    return Row(lambda topic, n: client.publish("floor", f"{topic} " + json.dumps({"s": topic, "n": n})))


def floortask() -> Producer:
    from bench.peers.floor_task import publish

    return Row(lambda topic, n: publish.delay(f"{topic} " + json.dumps({"s": topic, "n": n})))


def socketio() -> Producer:
    import redis

    client = redis.Redis.from_url(os.environ["REDIS_URL"])
    return Row(lambda topic, n: client.publish("socketio", json.dumps({"s": topic, "n": n})))


def nchan() -> Producer:
    import httpx

    client = httpx.Client(base_url=os.environ["NCHAN_URL"])
    return Row(lambda topic, n: client.post("/pub", params={"id": topic}, content=json.dumps({"s": topic, "n": n})))


KINDS: dict[str, Callable[[], Producer]] = {
    "doorbell": Doorbell,
    "tutorial": Tutorial,
    "floor": floor,
    "floortask": floortask,
    "socketio": socketio,
    "nchan": nchan,
}


def work(job: dict[str, Any], producer: Producer) -> dict[str, Any]:
    """The changes of one job, each at its due moment, or as soon after it as the one before is over."""
    done: list[list[Any]] = []
    rate, give_up = job["rate"], job.get("give_up")
    producer.prepare(job["topics"])
    started = time.perf_counter() + job.get("offset", 0.0)
    wall = time.time() - time.perf_counter()
    for n, topic in enumerate(job["topics"]):
        due = started + n / rate
        late = time.perf_counter() - due
        if give_up is not None and late > give_up:
            break
        time.sleep(max(0.0, -late))
        number, before, after = producer.change(topic)
        done.append([topic, number, due + wall, before, after])
    return {"asked": len(job["topics"]), "changes": done}


def main() -> None:
    producer = KINDS[sys.argv[1]]()
    print("ready", flush=True)
    for line in sys.stdin:
        print(json.dumps(work(json.loads(line), producer)), flush=True)


if __name__ == "__main__":
    main()
