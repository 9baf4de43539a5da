"""The live handler: tells every web process that a stream moved. A hint – who misses it finds out by the next beat.

It passes the event on as it was signed, and sealed if it is encrypted: who may watch, in which words, is for the web process to
say, and a change that nobody watches costs no rendering. Repeats are dropped by version, so it publishes as soon as a message
comes (`tell`), before anything is read from the database, and settles after.
"""

import logging
from collections.abc import Sequence
from typing import Any
from uuid import UUID

import redis

from events.delivery.registry import handler
from events.lib import tracing
from events.lib.failpoints import reach
from events.live import layer, streams
from events.log.envelope import BadEnvelope, Header, Received, Sealed, open_for
from events.models import Log

logger = logging.getLogger(__name__)

BATCH = 50
"""Events in one transaction. Under load the settling of a push costs more than the push."""
EPOCH_SECONDS = 10.0
"""How old the log's epoch may be that a push tells; the beats tell the true one."""
REMEMBERED = 10_000

_published: dict[UUID, None] = {}  # what this process has pushed and not settled yet


def tell(event: Received) -> None:
    """Push an event whose message has just come."""
    _publish([event])
    if len(_published) >= REMEMBERED:  # settled by other processes; one that is told twice is dropped where it arrives
        _published.clear()
    _published[event.id] = None


@handler("*", queue="live", name="live", batch=BATCH, fast_path=tell)
def push(events: Sequence[Received]) -> None:
    """Push what was not pushed early, and settle. A layer that is away costs nobody an attempt: the database still has the truth."""
    fresh = [event for event in events if event.id not in _published]
    for event in events:
        _published.pop(event.id, None)
    try:
        _publish(fresh)
    except redis.RedisError as problem:
        logger.warning("the channel layer is away (%s); browsers catch up by their beats", type(problem).__name__)


def _publish(events: Sequence[Received]) -> None:
    sending: list[tuple[str, dict[str, Any]]] = []
    for event in events:
        with tracing.span("push", event.traceparent, stream=event.stream, sequence=event.sequence):
            sending += [(layer.group(message["topic"]), message) for message in messages(event)]
    if sending:
        reach("live.before_push")
        layer.publish(sending)


def messages(event: Received) -> list[dict[str, Any]]:
    """The layer's messages about an event: one for each topic that it touches, with the event itself where the topic has its sequence."""
    found: list[dict[str, Any]] = []
    for stream in streams.all_streams():
        for topic in stream.topics(event):
            message: dict[str, Any] = {"type": "live.event", "topic": topic}
            if stream.sequential and event.sealed:
                message |= {
                    "epoch": Log.recent_epoch(EPOCH_SECONDS),
                    "traceparent": tracing.traceparent(),
                    "header": [str(event.id), event.stream, event.sequence, event.type, event.version],
                    "sealed": [event.sealed.body, event.sealed.kid, event.sealed.signature],
                }
            found.append(message)
    return found


def opened(message: dict[str, Any]) -> Received:
    """The event in a message of the layer. Raises `BadEnvelope`, `UnknownEvent`, `msgspec.ValidationError`."""
    try:
        identity, stream, seq, event_type, version = message["header"]
        header, sealed = Header(UUID(identity), stream, seq, event_type, version), Sealed(*message["sealed"])
    except (KeyError, TypeError, ValueError, AttributeError) as problem:
        raise BadEnvelope(f"not a message of ours: {type(problem).__name__}") from problem
    return open_for("live", header, sealed)
