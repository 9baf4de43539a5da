"""The shop's Celery application, with a task that does nothing: the peer of the throughput figures."""

import os

import redis

from shop.celery import app

_client = redis.Redis.from_url(os.environ.get("REDIS_URL", "redis://127.0.0.1:1/0"))


@app.task(name="bench.noop", ignore_result=True)
def noop() -> None:
    """Nothing, and a mark that it was done."""
    _client.incr("bench.done")
