"""The one Celery task: it verifies a wake-up message and processes the ordered queue that it names."""

import logging
from functools import partial
from typing import Any

from celery import shared_task
from django.db import InterfaceError, OperationalError
from opentelemetry.trace import SpanKind

from events.delivery import fast_path, publisher, registry
from events.delivery.message import Stale, WakeUp, open_message
from events.delivery.processing import DatabaseAway, Outcome, process
from events.delivery.registry import Handler
from events.lib import metrics, tracing
from events.log.envelope import BadEnvelope

logger = logging.getLogger(__name__)


@shared_task(name=publisher.TASK, ignore_result=True, bind=True)
def process_queue(self: Any, **message: Any) -> None:
    """Process the ordered queue that `message` names; see `message.compose` for its parts.

    After the relay's second notification, or when the broker delivers a message again, deliveries are handled alone and
    counted: one of them may kill its worker.

    There are no Celery retries and no ETA: the row says when a failed delivery is due again, and the relay notifies. A
    message that does not verify is dropped and counted. If it stood for a real event, the relay notifies for that.
    """
    try:
        wake_up = open_message(message)
    except Stale as problem:
        metrics.refused.labels("stale").inc()
        logger.warning("dropped an old message for %s: %s", message.get("handler"), problem)
        return
    except BadEnvelope as problem:
        metrics.refused.labels("message").inc()
        logger.error("dropped a message that does not verify: %s", problem)
        return
    handler = registry.get(wake_up.handler)
    if handler is None:
        logger.error("dropped a message for %r, which this code does not have", wake_up.handler)
        return
    isolated = wake_up.notifications > 1 or _comes_again(self.request)
    acknowledging = partial(_process, handler, wake_up, isolated)
    if handler.fast_path and not isolated:
        fast_path.tell(handler, wake_up)
        fast_path.acknowledge(handler.name, acknowledging)
    else:
        acknowledging()


def _process(handler: Handler, wake_up: WakeUp, isolated: bool) -> None:
    try:
        with tracing.span(
            f"process {handler.name}", wake_up.traceparent, SpanKind.CONSUMER, stream=wake_up.header.stream
        ):
            _, outcome = process(handler, wake_up.header.stream, isolated=isolated)
    except (DatabaseAway, OperationalError, InterfaceError) as problem:
        logger.warning("the database is away (%s); the relay notifies again", problem)
        return
    if outcome is Outcome.HANDLED:  # the bound is reached: other queues get their turn
        _go_on(wake_up)


def _comes_again(request: Any) -> bool:
    """The broker gave this message to a worker before, which died.

    A message that kills its worker would come for ever.
    """
    return bool((request.delivery_info or {}).get("redelivered"))


def _go_on(wake_up: WakeUp) -> None:
    try:
        publisher.send(wake_up)
    except Exception as problem:
        logger.warning("the broker is away (%s); the relay will notify again", problem)
