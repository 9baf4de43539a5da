"""The Celery queues and their partitions. They are configuration only: the order of events does not depend on them."""

import zlib

from celery import current_app
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from kombu import Exchange, Queue

from events.delivery import registry


def queue_name(queue: str, stream: str) -> str:
    """The partition of `queue` for this stream, such as `events.live.0`."""
    return f"events.{queue}.{zlib.crc32(stream.encode()) % settings.EVENT_QUEUES[queue]}"


def names(queue: str) -> list[str]:
    """Every partition of `queue`."""
    return [f"events.{queue}.{n}" for n in range(settings.EVENT_QUEUES[queue])]


def configure() -> None:
    """Declare the queues to Celery.

    Raises `ImproperlyConfigured` for a handler whose queue is not in `EVENT_QUEUES`.
    """
    for handler in registry.all_handlers():
        if handler.queue not in settings.EVENT_QUEUES:
            raise ImproperlyConfigured(f"{handler.name} wants the queue {handler.queue!r}, which EVENT_QUEUES lacks.")
    for queue, count in settings.EVENT_QUEUES.items():
        if count < 1:
            raise ImproperlyConfigured(f"EVENT_QUEUES: {queue} needs at least one partition.")
    current_app.conf.task_queues = [
        # Each queue has an exchange: on a shared one, a message would reach every queue that is bound with its key.
        Queue(name, Exchange(name, type="direct"), routing_key=name)
        for queue in settings.EVENT_QUEUES
        for name in names(queue)
    ]
    current_app.conf.task_default_queue = names(next(iter(settings.EVENT_QUEUES)))[0]
