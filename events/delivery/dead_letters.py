"""Dead letters: deliveries that failed for good. Retry them, or skip them."""

from django.utils import timezone

from events.delivery import registry
from events.log import types
from events.models import Delivery, DeliveryQuerySet


def _chosen(handler: str, stream: str) -> DeliveryQuerySet:
    dead_letters = Delivery.objects.dead_letters()
    if handler:
        dead_letters = dead_letters.filter(handler=handler)
    if stream:
        dead_letters = dead_letters.filter(stream=stream)
    return dead_letters


def retry(handler: str = "", stream: str = "") -> int:
    """Process dead letters again, with their attempts reset. Both arguments narrow the choice. Returns how many."""
    return _retry(_chosen(handler, stream))


def _retry(dead_letters: DeliveryQuerySet) -> int:
    now = timezone.now()
    return dead_letters.update(
        dead_lettered_at=None, attempts=0, starts=0, notifications=0, due_at=now, notify_at=now, claim=None
    )


def skip(handler: str, stream: str) -> int:
    """Skip the first dead letter of an ordered queue for good; the queue continues behind it.

    Returns how many: 0 or 1.
    """
    # Only the first: after a replay there may be others behind it.
    head = _chosen(handler, stream).order_by("seq").values_list("pk", flat=True)[:1]
    count = (
        Delivery.objects.dead_letters()
        .filter(pk__in=list(head))
        .update(acknowledged_at=timezone.now(), skipped=True, dead_lettered_at=None)
    )
    if count:
        Delivery.objects.pending().filter(handler=handler, stream=stream).update(notify_at=timezone.now())
    return count


def _understood(delivery: Delivery) -> bool:
    handler, event = registry.get(delivery.handler), delivery.event
    return handler is not None and handler.wants(event.type) and types.understands(event.type, event.version)


def retry_understood() -> int:
    """Retry what other code dead-lettered because it did not know the event, or its handler did not want it.

    Returns how many.
    """
    waiting = Delivery.objects.dead_letters().filter(last_error__startswith="UnknownEvent").select_related("event")
    known = [d.pk for d in waiting.defer("event__body") if _understood(d)]
    return _retry(Delivery.objects.dead_letters().filter(pk__in=known)) if known else 0
