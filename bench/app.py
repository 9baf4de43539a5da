"""The shop's Celery application, with a task that does nothing and one that writes a row: the peers of the throughput figures."""

import os

import redis

from shop.celery import app

_client = redis.Redis.from_url(os.environ.get("REDIS_URL", "redis://127.0.0.1:1/0"))


@app.task(name="bench.noop", ignore_result=True)
def noop() -> None:
    """Nothing, and a mark that it was done."""
    _client.incr("bench.done")


@app.task(name="bench.writing", ignore_result=True)
def writing(n: int) -> None:
    """The row that the shop's witness leaves for an event, committed by itself."""
    from tests.support.probe.models import Effect

    Effect.objects.bulk_create([Effect(handler="bench.writing", stream="bench", seq=n, pid=os.getpid())])
    _client.incr("bench.done")
