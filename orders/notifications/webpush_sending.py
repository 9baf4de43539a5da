"""Sending Web Push.

A module of its own because pywebpush brings aiohttp: only a worker that pushes loads it (a fifth of every other start).
"""

import hashlib
import json
import logging
import time

from django.conf import settings
from django.utils.translation import override
from pywebpush import WebPushException, webpush

from events.log.envelope import Received
from orders import troubles
from orders.lifecycle import Wording, label, sentence
from orders.models import Order, PushSubscription
from orders.notifications import choices
from orders.notifications.webpush import BadSubscription, Keys, Subscription, check, vapid
from shop.lib import outbound

logger = logging.getLogger(__name__)

TIMEOUT = 10.0  # seconds that one push service may take, at most
TTL = 24 * 3600  # seconds that a push service keeps it for a browser that is switched off


def tell(event: Received) -> None:
    """Push the event to every browser that asked for its order, whatever becomes of the others.

    A subscription that is gone or that nothing can be sent to is deleted. Raises the first problem of those that may
    work later.
    """
    trouble = troubles.begun(event.type, event.data)
    if event.type == "parcel.scanned" and trouble is None:
        return
    order = Order.objects.select_related("user").get(ref=event.subject)
    if not choices.wanted(order.user, "push", "parcel.scanned" if trouble else event.type):
        return
    problems: list[Exception] = []
    waiting = list(order.push_subscriptions.exclude(last_event=event.id).order_by("pk"))
    # All of them together must end well before the watchdog takes this worker for stuck.
    together = settings.EVENT_HANDLER_TIMEOUT * 2 / 3
    ends = time.monotonic() + together
    trusted = [host for host in settings.WEBPUSH_HOSTS if host in ("127.0.0.1", "::1")]
    with outbound.Session(min(TIMEOUT, together / max(1, len(waiting))), trusted) as session:
        for subscription in waiting:
            if time.monotonic() > ends:
                problems.append(TimeoutError("the push services took too long; the rest is pushed next time"))
                break
            try:
                check(_as_sent(subscription))
                _push(session, subscription, order, event, trouble)
            except (BadSubscription, outbound.NoSuchHost) as problem:
                logger.warning("a push subscription of %s cannot be used and is deleted: %s", order.ref, problem)
                subscription.delete()
            except WebPushException as problem:
                status = problem.response.status_code if problem.response is not None else 0
                if status == 429 or status >= 500 or not status:
                    problems.append(problem)
                    continue
                logger.info("a push subscription of %s ended (%s)", order.ref, status)
                subscription.delete()
            except Exception as problem:  # whatever one browser's service does, the others are told
                problems.append(problem)
            else:
                # So that a retry, which another one needs, does not tell this one again.
                PushSubscription.objects.filter(pk=subscription.pk).update(last_event=event.id)
    if problems:
        raise problems[0]


def _as_sent(kept: PushSubscription) -> Subscription:
    """The subscription as its browser sent it."""
    return Subscription(kept.endpoint, Keys(kept.p256dh, kept.auth))


def _push(
    session: outbound.Session,
    subscription: PushSubscription,
    order: Order,
    event: Received,
    trouble: Wording | None,
) -> None:
    state = event.data.order
    with override(subscription.language):
        title = str(trouble.label) if trouble else label(state.status)
        said = str(trouble.sentence) if trouble else sentence(state.status, state.refund)
    body = {
        "title": f"{title} · {order.ref}",
        "body": said,
        "tag": event.stream,
        "n": event.sequence,
        "lang": subscription.language,
        "url": order.get_absolute_url(),
    }
    webpush(
        {"endpoint": subscription.endpoint, "keys": {"p256dh": subscription.p256dh, "auth": subscription.auth}},
        json.dumps(body),
        vapid_private_key=vapid(),
        vapid_claims={"sub": f"mailto:{settings.WEBPUSH_CONTACT}"},
        headers={"Urgency": "high", "Topic": hashlib.sha256(order.ref.encode()).hexdigest()[:32]},
        ttl=TTL,
        requests_session=session,
    )
