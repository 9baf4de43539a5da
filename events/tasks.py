"""The one Celery task: it verifies the hint and drains the line it names."""

import logging
from typing import Any

from celery import shared_task

from events import metrics, publisher, registry
from events.drain import Outcome, drain
from events.envelope import BadEnvelope, verify

logger = logging.getLogger(__name__)


@shared_task(name=publisher.TASK, ignore_result=True)
def drain_line(**message: Any) -> None:
    """Drain the line of `message["handler"]` and the event's stream; see `publisher.Hint.message` for the shape.

    No Celery retries and no ETA: what fails is due again by its row, and the relay rings. A message that does not
    verify is dropped and counted; if it stood for a real event, the relay rings for that.
    """
    try:
        header, sealed = publisher.parse(message)
        verify(header, sealed)
    except (BadEnvelope, KeyError, TypeError, ValueError) as problem:
        metrics.refused.labels("message").inc()
        logger.error("dropped a message that does not verify: %s", problem)
        return
    handler = registry.get(str(message.get("handler")))
    if handler is None:
        logger.error("dropped a message for %r, which this code does not have", message.get("handler"))
        return
    _, outcome = drain(handler, header.stream, rings=int(message.get("rings", 0)))
    if outcome is Outcome.HANDLED:  # the bound: let other lines have a turn
        publisher.ring([publisher.Hint(handler, header, sealed)])
