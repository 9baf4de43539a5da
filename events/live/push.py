"""The `live` handler: tells every web process that a stream changed.

What it sends is only a notification. A browser that misses one learns of the change by the next beat, and drops a
repeat by its version. So the handler publishes on the fast path, as soon as the wake-up message is there, and
acknowledges later.

The message holds the event as it was signed (and encrypted, if events are). The web process decides who may see it,
and in which language; a change that nobody watches is never put into words. A signature over the message binds the
event to the topic and to the epoch it is published under: an event that is moved to another topic is refused.
"""

import hmac
import logging
from collections.abc import Sequence
from typing import Any
from uuid import UUID

import redis

from events.delivery.registry import handler
from events.lib import tracing
from events.lib.failpoints import reach
from events.live import layer, streams
from events.log import keys
from events.log.envelope import BadEnvelope, Header, Received, Sealed, framed, open_for
from events.models import Log

logger = logging.getLogger(__name__)

HANDLER = "live"
"""The name of the handler that publishes to browsers."""
BATCH = 50
"""Events in one transaction. Under load, to acknowledge a push costs more than the push."""
EPOCH_SECONDS = 10.0
"""How old the epoch in a message may be. Beats read it anew each time."""
REMEMBERED = 10_000

_published: dict[UUID, None] = {}  # events that this process has published and not acknowledged yet


def tell(event: Received) -> None:
    """Publish an event whose wake-up message has just arrived."""
    _publish([event])
    if len(_published) >= REMEMBERED:  # other processes acknowledged them; browsers drop what is published twice
        _published.clear()
    _published[event.id] = None


@handler("*", queue="live", name=HANDLER, batch=BATCH, fast_path=tell)
def push(events: Sequence[Received]) -> None:
    """Publish what the fast path did not, and acknowledge all.

    A channel layer that is away costs no attempt: the database still has the truth, and beats bring it to the browsers.
    """
    fresh = [event for event in events if event.id not in _published]
    for event in events:
        _published.pop(event.id, None)
    try:
        _publish(fresh)
    except redis.RedisError as problem:
        logger.warning("the channel layer is away (%s); beats bring the browsers up to date", type(problem).__name__)


def _publish(events: Sequence[Received]) -> None:
    sending: list[tuple[str, dict[str, Any]]] = []
    for event in events:
        with tracing.span("push", event.traceparent, stream=event.stream, sequence=event.sequence):
            sending += [(layer.group(message["topic"]), message) for message in messages(event)]
    if sending:
        reach("live.before_push")
        layer.publish(sending)


def messages(event: Received) -> list[dict[str, Any]]:
    """The messages about an event, one for each topic that it touches. For a sequential topic, the event is in it."""
    found: list[dict[str, Any]] = []
    for stream in streams.all_streams():
        for topic in stream.topics(event):
            message: dict[str, Any] = {"type": "live.event", "topic": topic}
            if stream.sequential and event.sealed:
                epoch, signing = Log.recent_epoch(EPOCH_SECONDS), keys.signing()
                message |= {
                    "epoch": epoch,
                    "traceparent": tracing.traceparent(),
                    "header": [str(event.id), event.stream, event.sequence, event.type, event.version],
                    "sealed": [event.sealed.body, event.sealed.kid, event.sealed.signature],
                    "mac": _mac(signing.keys[signing.active], topic, epoch, str(event.id), event.sealed.signature),
                    "mac_kid": signing.active,
                }
            found.append(message)
    return found


def opened(message: dict[str, Any]) -> Received:
    """The event in a message, which was published under this topic and epoch by one of our workers.

    Raises `BadEnvelope`, `UnknownEvent`, `msgspec.ValidationError`.
    """
    try:
        identity, stream, seq, event_type, version = message["header"]
        header, sealed = Header(UUID(identity), stream, seq, event_type, version), Sealed(*message["sealed"])
        topic, epoch = message["topic"], message["epoch"]
        key = keys.signing().keys.get(message["mac_kid"])
        genuine = key is not None and hmac.compare_digest(
            _mac(key, topic, epoch, identity, sealed.signature), message["mac"]
        )
    except (KeyError, TypeError, ValueError, AttributeError) as problem:
        raise BadEnvelope(f"not a message of ours: {type(problem).__name__}") from problem
    if not genuine:
        raise BadEnvelope("the message's signature does not fit its topic, epoch and event, or its key is unknown")
    event = open_for(HANDLER, header, sealed)
    if topic not in streams.of_topic(topic).topics(event):
        raise BadEnvelope(f"{event.stream} #{event.sequence} does not belong to the topic {topic}")
    return event


def _mac(key: bytes, topic: str, epoch: str, event_id: str, signature: bytes) -> bytes:
    return hmac.digest(key, framed(("live", topic, epoch, event_id)) + signature, "sha256")
