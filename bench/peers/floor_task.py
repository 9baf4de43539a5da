"""The floor with a Celery task between, which passes on what it is given: what anything costs that goes by way of Celery."""

import os

import redis
from celery import Celery

celery = Celery("floor", broker=os.environ["BROKER_URL"])
celery.conf.update(task_ignore_result=True, task_default_queue="floor")
_client = redis.Redis.from_url(os.environ["REDIS_URL"])


@celery.task(name="floor.publish")
def publish(message: str) -> None:
    """To the process of `bench.peers.floor`."""
    _client.publish("floor.task", message)
