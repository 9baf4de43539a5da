"""Processing: take the first delivery of an ordered queue, run its handler, acknowledge it; then the next.

Why order holds. Only the *first* open delivery of a queue (the lowest sequence) is taken, and only by the worker
that holds its row: by a lock for handlers that write to the database, by a lease for handlers with effects outside
it. A worker that finds it held leaves. Nothing is forgotten: the holder looks again after it lets go, and sees what
was committed before the other worker came.

The worker that holds the first delivery has the whole queue, so it handles a backlog many at a time in one
transaction. If that fails, nothing of it happened. Then the deliveries are handled one by one, and only the faulty
one is counted.
"""

import logging
import threading
import uuid
from collections.abc import Sequence
from time import perf_counter

import msgspec
from django.db import InterfaceError, InternalError, OperationalError, connection, transaction
from django.utils import timezone

from events.delivery import ordered_queue, watchdog
from events.delivery.ordered_queue import Outcome
from events.delivery.registry import Handler
from events.lib import metrics, tracing
from events.lib.failpoints import reach
from events.log.envelope import BadEnvelope, Received, open_for
from events.log.types import BadUpcast, UnknownEvent
from events.models import Delivery

logger = logging.getLogger(__name__)

BOUND = 200
"""Deliveries that one message may process. Then another message goes on, so that no queue keeps a worker to itself."""

RUN = 25
"""Deliveries of one queue that are handled in one transaction under a backlog."""

MAX_CRASHES = 5
"""A delivery that was begun so often, and neither succeeded nor failed, kills its workers."""

SUSPECT_WAIT = 1.0
"""Seconds that a suspect waits for another suspect in its process. Then it is left to the relay."""

_suspect = threading.Lock()


class DatabaseAway(RuntimeError):
    """The connection broke. Nothing is counted against the delivery; the relay notifies again."""


class LineMoved(RuntimeError):
    """A replay opened an earlier delivery, and another worker has those that we ran: all of it is rolled back."""


class NeedsCare(RuntimeError):
    """The first delivery was begun before and never ended: it must be counted before it is begun again."""


class HandlerRaised(RuntimeError):
    """What a handler raised, on its way out of the transaction: for which delivery, and the streams that were in it."""

    def __init__(self, delivery: Delivery, streams: Sequence[str], reason: Exception) -> None:
        super().__init__(str(delivery))
        self.delivery = delivery
        self.streams = streams
        self.reason = reason


def process(handler: Handler, stream: str, *, isolated: bool = False, bound: int = BOUND) -> tuple[int, Outcome]:
    """Process the ordered queue of (`handler`, `stream`). Returns how many deliveries, and why it stopped.

    The reason `HANDLED` means that the bound was reached and there may be more. With `isolated`, deliveries are handled
    one by one and each beginning is counted (see `ordered_queue.begin`), because an earlier message had no effect. A
    handler that takes batches goes on with other streams.
    """
    done, outcome = _process_queue(handler, stream, bound, isolated=isolated)
    while handler.batch and outcome is not Outcome.HANDLED and done < bound:
        following = ordered_queue.next_stream(handler)
        if following is None:
            break
        count, outcome = _process_queue(handler, following, bound - done)
        if not count and outcome is Outcome.NOTHING:
            break  # another worker has it, and will look again
        done += count
    return done, outcome


def _process_queue(handler: Handler, stream: str, bound: int, *, isolated: bool = False) -> tuple[int, Outcome]:
    done = 0
    while done < bound:
        if done and handler.batch and not isolated:
            return done, Outcome.NOTHING  # a batch handler looks at all its queues next, this one among them
        if done and (outcome := ordered_queue.look(handler, stream)) is not Outcome.HANDLED:
            return done, outcome
        try:
            size = handler.batch or min(RUN, bound - done)
            count, outcome = _isolated_step(handler, stream) if isolated else _step(handler, stream, size)
        except NeedsCare:
            isolated = True
            continue
        except LineMoved:
            return done, Outcome.NOTHING
        except HandlerRaised as problem:
            if len(problem.streams) == 1:
                return done, ordered_queue.fail(handler, problem.delivery, problem.reason)
            # Nothing of the run happened. Again, one by one: the faulty one is counted, and then handled alone.
            for other in dict.fromkeys(problem.streams):
                if other != stream:
                    done += _process_queue(handler, other, problem.streams.count(other), isolated=True)[0]
            isolated = True
            continue
        done += count
        if outcome is not Outcome.HANDLED:
            return done, outcome
    return done, Outcome.HANDLED


def _isolated_step(handler: Handler, stream: str) -> tuple[int, Outcome]:
    """Count that the first delivery begins, then handle it alone.

    A delivery that was begun before and never ended is a suspect. A process runs one suspect at a time. Two would die
    together each time, because a broker delivers both again together, and a harmless one would reach the limit, too.
    """
    suspect = ordered_queue.begun(handler, stream)
    if suspect and not _suspect.acquire(timeout=SUSPECT_WAIT):
        return 0, Outcome.NOTHING
    try:
        with transaction.atomic():
            if not ordered_queue.begin(handler, stream, MAX_CRASHES):
                return 0, Outcome.DEAD_LETTERED
        return _step(handler, stream, 1, isolated=True)
    finally:
        if suspect:
            _suspect.release()


def _step(handler: Handler, stream: str, size: int, isolated: bool = False) -> tuple[int, Outcome]:
    if handler.external:
        outcome = _external_step(handler, stream, isolated)
        return int(outcome is Outcome.HANDLED), outcome
    return _transactional_step(handler, stream, size, isolated)


def _transactional_step(handler: Handler, stream: str, size: int, isolated: bool) -> tuple[int, Outcome]:
    """Handle and acknowledge up to `size` deliveries in one transaction: all of it is there, or nothing."""
    taken: list[Delivery] = []
    events: list[Received] = []
    try:
        with transaction.atomic():
            found, outcome = ordered_queue.take(handler, stream, size)
            if not found:
                return 0, outcome
            head = found[0]
            if head.starts and not isolated:
                raise NeedsCare(str(head))
            for delivery in [*found, *_of_others(handler, head, size - len(found))]:
                event = _open(handler, delivery, dead_letter=delivery is head)
                if event is None and delivery is head:
                    return 0, Outcome.DEAD_LETTERED
                if event is None:
                    break  # it becomes a dead letter when it is the first one
                taken.append(delivery)
                events.append(event)
            reach("processing.before_handler")
            _run(handler, taken, events)
            reach("processing.after_handler")
            if not ordered_queue.acknowledge(taken):
                raise LineMoved(str(head))
        reach("processing.after_commit")
    except (NeedsCare, LineMoved):
        raise
    except HandlerRaised as problem:
        _raise_if_away(problem.reason)
        raise
    except Exception as problem:
        _raise_if_away(problem)
        if not taken:
            raise  # the database, not the handler
        # The commit refused what the handler wrote, such as a deferred constraint: the handler's fault.
        raise HandlerRaised(taken[0], [delivery.stream for delivery in taken], problem) from problem
    _observe(handler, events)
    return len(taken), Outcome.HANDLED


def _of_others(handler: Handler, head: Delivery, room: int) -> list[Delivery]:
    """Deliveries of other streams that a batch handler gets together with this one. After a failure it is handled
    alone."""
    if not handler.batch or room < 1 or head.attempts or head.starts:
        return []
    heads = ordered_queue.other_heads(handler, head, room)
    return heads + ordered_queue.followers(handler, heads, room - len(heads))


def _external_step(handler: Handler, stream: str, isolated: bool) -> Outcome:
    """Claim the delivery, run outside a transaction, acknowledge if the claim is still ours. At least once."""
    claim = uuid.uuid4()
    with transaction.atomic():
        taken, outcome = ordered_queue.take(handler, stream)
        if not taken:
            return outcome
        delivery = taken[0]
        if delivery.starts and not isolated:
            raise NeedsCare(str(delivery))
        event = _open(handler, delivery)
        if event is None:
            return Outcome.DEAD_LETTERED
        ordered_queue.claim(delivery, claim)
    reach("processing.before_handler")
    try:
        _run(handler, [delivery], [event])
    except HandlerRaised as problem:
        _raise_if_away(problem.reason)
        return ordered_queue.fail(handler, delivery, problem.reason, claim)
    reach("processing.after_handler")
    if not ordered_queue.acknowledge([delivery], claim):
        # We took longer than the lease, and another worker has it: its result counts, not ours.
        logger.warning("%s lost its lease on %s", handler.name, delivery)
        return Outcome.NOTHING
    reach("processing.after_commit")
    _observe(handler, [event])
    return Outcome.HANDLED


def _run(handler: Handler, deliveries: Sequence[Delivery], events: Sequence[Received]) -> None:
    """Call the function: with the list if it wants one, else once for each event."""
    groups: list[tuple[Delivery, Received | list[Received], Received]] = (
        [(deliveries[0], list(events), events[0])]
        if handler.batch
        else [(delivery, event, event) for delivery, event in zip(deliveries, events, strict=True)]
    )
    for delivery, given, first in groups:
        started = perf_counter()
        metrics.runs.labels(handler.name, handler.queue).inc()
        with (
            tracing.span(f"handle {handler.name}", first.traceparent, stream=first.stream, sequence=first.sequence),
            tracing.about(first.subject, str(first.id)),
            watchdog.running(f"{handler.name} on {delivery}"),
        ):
            try:
                handler.function(given)
            except Exception as problem:
                raise HandlerRaised(delivery, [d.stream for d in deliveries], problem) from problem
        metrics.handler_seconds.labels(handler.name, handler.queue).observe(perf_counter() - started)


def _raise_if_away(problem: Exception) -> None:
    """Raise `DatabaseAway` if the connection broke: then the handler is not at fault."""
    if isinstance(problem, (OperationalError, InterfaceError, InternalError)) and (
        connection.connection is None or not connection.is_usable()
    ):
        connection.close()
        raise DatabaseAway(str(problem).strip()) from problem


def _observe(handler: Handler, events: Sequence[Received]) -> None:
    now = timezone.now()
    metrics.handled.labels(handler.name, handler.queue).inc(len(events))
    delays = metrics.delay_seconds.labels(handler.name, handler.queue)
    for event in events:
        delays.observe(max(0.0, (now - event.time).total_seconds()))


def _open(handler: Handler, delivery: Delivery, *, dead_letter: bool = True) -> Received | None:
    """Verify and decode.

    An event that cannot be trusted or understood becomes a dead letter; its handler does not run.
    """
    try:
        header = delivery.event.header
        if (delivery.stream, delivery.seq) != (header.stream, header.seq):
            raise BadEnvelope(f"the delivery is of {delivery.stream} #{delivery.seq}, its event of another place")
        if not handler.wants(header.type):
            delivery.event.cloud_event()  # a forgery fails here; if not, code that wants this type wrote the delivery
            raise UnknownEvent(f"{handler.name} does not want {header.type} in this code")
        return open_for(handler.name, header, delivery.event.sealed)
    except (BadEnvelope, UnknownEvent, BadUpcast, msgspec.ValidationError) as problem:
        if dead_letter:
            if isinstance(problem, BadEnvelope):
                metrics.refused.labels("log").inc()
            ordered_queue.dead_letter(handler, delivery, f"{type(problem).__name__}: {problem}")
        return None
