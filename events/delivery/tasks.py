"""The one Celery task: it verifies the hint and drains the line it names."""

import logging
from functools import partial
from typing import Any

from celery import shared_task
from django.db import InterfaceError, OperationalError
from opentelemetry.trace import SpanKind

from events.delivery import fast_path, publisher, registry
from events.delivery.message import Hint, Stale, open_message
from events.delivery.processing import DatabaseAway, Outcome, drain
from events.delivery.registry import Handler
from events.lib import metrics, tracing
from events.log.envelope import BadEnvelope

logger = logging.getLogger(__name__)


@shared_task(name=publisher.TASK, ignore_result=True, bind=True)
def drain_line(self: Any, **message: Any) -> None:
    """Drain the line that `message` names; see `message.compose` for the shape.

    The relay's second ring, and a message that comes again, are reasons for care: perhaps this is what kills workers.

    No Celery retries and no ETA: what fails is due again by its row, and the relay rings. A message that does not
    verify is dropped and counted; if it stood for a real event, the relay rings for that.
    """
    try:
        hint = open_message(message)
    except Stale as problem:
        metrics.refused.labels("stale").inc()
        logger.warning("dropped an old message for %s: %s", message.get("handler"), problem)
        return
    except BadEnvelope as problem:
        metrics.refused.labels("message").inc()
        logger.error("dropped a message that does not verify: %s", problem)
        return
    handler = registry.get(hint.handler)
    if handler is None:
        logger.error("dropped a message for %r, which this code does not have", hint.handler)
        return
    careful = hint.rings > 1 or _comes_again(self.request)
    settling = partial(_drain, handler, hint, careful)
    if handler.early and not careful:
        fast_path.tell(handler, hint)
        fast_path.settle(handler.name, settling)
    else:
        settling()


def _drain(handler: Handler, hint: Hint, careful: bool) -> None:
    try:
        with tracing.span(f"drain {handler.name}", hint.traceparent, SpanKind.CONSUMER, stream=hint.header.stream):
            _, outcome = drain(handler, hint.header.stream, careful=careful)
    except (DatabaseAway, OperationalError, InterfaceError) as problem:
        logger.warning("the database is away (%s); the relay rings again", problem)
        return
    if outcome is Outcome.HANDLED:  # the bound: let other lines have a turn
        _go_on(hint)


def _comes_again(request: Any) -> bool:
    """The broker gave this message to a worker before, and it died with it. One that kills its worker would come for ever."""
    return bool((request.delivery_info or {}).get("redelivered"))


def _go_on(hint: Hint) -> None:
    try:
        publisher.send(hint)
    except Exception as problem:
        logger.warning("the broker is away (%s); the relay will ring again", problem)
