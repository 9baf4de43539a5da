"""The floor with a Celery task between, which passes on what it is given: what anything costs that goes by way of
Celery.
"""

import json
import os

import redis
from celery import Celery

from bench.live import stages

celery = Celery("floor", broker=os.environ["BROKER_URL"])
celery.conf.update(task_ignore_result=True, task_default_queue="floor")
_client = redis.Redis.from_url(os.environ["REDIS_URL"])


@celery.task(name="floor.publish")
def publish(message: str) -> None:
    """To the process of `bench.peers.floor`."""
    if stages.FILE in os.environ:
        topic, _, change = message.partition(" ")
        stages.note(stages.TASK, [(topic, json.loads(change)["n"])])
    _client.publish("floor.task", message)
