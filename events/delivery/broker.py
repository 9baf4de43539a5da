"""Wake-up messages to the broker, and questions about its queues, over a connection that each thread keeps.

Celery's `send_task` looks up routes, exchanges and a producer for every message. In a process that was idle this
takes a millisecond, a third of the time from a commit to the browser. Here Celery builds the message, and it is
published as it is.
"""

import os
import threading
import uuid
from contextlib import nullcontext, suppress
from dataclasses import replace
from typing import Any

from celery import current_app
from opentelemetry.trace import SpanKind

from events.delivery import message, registry
from events.delivery.message import WakeUp
from events.delivery.queues import queue_name
from events.lib import metrics, tracing
from events.lib.failpoints import reach
from events.lib.private_apis import keep_client

TASK = "events.process"


class _Sender:
    """A connection, its producer, and a channel for questions. For one thread of one process."""

    def __init__(self) -> None:
        self.pid = os.getpid()
        self.amqp = current_app.amqp
        self.connection = current_app.connection_for_write()
        self.producer: Any = self.amqp.Producer(keep_client(self.connection.default_channel), auto_declare=False)
        self.declared: set[str] = set()
        self.asking: Any = None
        self.used = False

    def send(self, wake_ups: tuple[WakeUp, ...]) -> None:
        with self.producer.batch() if len(wake_ups) > 1 else nullcontext():
            for wake_up in wake_ups:
                self._send(wake_up)
        self.used = True

    def _send(self, wake_up: WakeUp) -> None:
        handler = registry.get(wake_up.handler)
        assert handler is not None
        name = queue_name(handler.queue, wake_up.header.stream)
        reach("publisher.before_send")
        with tracing.span(
            f"notify {wake_up.handler}", wake_up.traceparent, SpanKind.PRODUCER, stream=wake_up.header.stream
        ):
            if name not in self.declared:  # the broker would drop a message to a queue that does not exist
                self.amqp.queues[name](self.producer.channel).declare()
                self.declared.add(name)
            task = self.amqp.create_task_message(
                str(uuid.uuid4()),
                TASK,
                (),
                message.compose(replace(wake_up, traceparent=tracing.traceparent())),
                ignore_result=True,
                argsrepr="()",  # this is what a worker's log shows
                kwargsrepr=f"{wake_up.handler} {wake_up.header.stream}",
            )
            self.producer.publish(
                task.body,
                exchange="",  # the default exchange of every broker: the key is the queue's name
                routing_key=name,
                headers=task.headers,
                serializer="json",
                # Not written to disk: the rows are durable, and RabbitMQ would confirm only after its next sync, 200
                # ms later.
                delivery_mode=1,
                retry=False,
                **task.properties,
            )
        metrics.published.labels(handler.name, handler.queue).inc()

    def depth(self, name: str) -> int:
        if self.asking is None:
            self.asking = self.connection.channel()
        try:
            return int(self.asking.queue_declare(queue=name, passive=True).message_count)
        except self.connection.channel_errors:
            # The queue does not exist, or on Valkey is empty. RabbitMQ closes the channel after this question, and
            # its client
            # opens the same one again. A new channel for each question would be kept for ever.
            return 0
        finally:
            self.used = True

    def close(self) -> None:
        with suppress(Exception):  # it may be broken
            self.connection.close()


_mine = threading.local()


def _sender() -> _Sender:
    found: _Sender | None = getattr(_mine, "sender", None)
    if found is None or found.pid != os.getpid():  # this process was forked from the one that made it
        found = _mine.sender = _Sender()
    return found


def close() -> None:
    """Close this thread's connection."""
    found: _Sender | None = getattr(_mine, "sender", None)
    _mine.sender = None
    if found is not None and found.pid == os.getpid():
        found.close()


def send(*wake_ups: WakeUp) -> None:
    """Publish messages now, in one round trip if the broker can. Raises what its client raises; some may have been sent
    then.

    If the connection worked before and is broken now, one new connection is tried. So a message may arrive twice,
    which does no harm.
    """
    _over_a_good_connection(lambda sender: sender.send(wake_ups))


def depth(name: str) -> int:
    """How many messages wait in a queue of the broker; 0 if it does not exist.

    Raises what the broker's client raises.
    """
    return int(_over_a_good_connection(lambda sender: sender.depth(name)))


def _over_a_good_connection(work: Any) -> Any:
    sender = _sender()
    try:
        return work(sender)
    except Exception:
        close()
        if not sender.used:
            raise
    try:
        return work(_sender())
    except Exception:
        close()
        raise
