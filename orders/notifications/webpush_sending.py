"""Sending Web Push. A module of its own because pywebpush brings aiohttp: only a worker that pushes loads it (a fifth of every other start)."""

import hashlib
import json
import logging
from typing import Any

import requests
from django.conf import settings
from django.utils.translation import override
from pywebpush import WebPushException, webpush

from events.log.envelope import Received
from orders import access_links
from orders.models import Order, PushSubscription
from orders.notifications.webpush import vapid
from orders.presentation import present

logger = logging.getLogger(__name__)

TIMEOUT = 10.0
TTL = 24 * 3600  # seconds that a push service keeps it for a browser that is switched off


class _NoDetours(requests.Session):
    """A push service that redirects would decide whom we talk to."""

    def post(self, *args: Any, **options: Any) -> requests.Response:
        return super().post(*args, **options | {"allow_redirects": False})


def tell(event: Received) -> None:
    """Push the event to every browser that asked for its order. One that is gone is forgotten; a service that is away raises."""
    order = Order.objects.get(ref=event.subject)
    problems = []
    with _NoDetours() as session:
        for subscription in order.push_subscriptions.exclude(last_event=event.id).order_by("pk"):
            try:
                _push(session, subscription, order, event)
            except WebPushException as problem:
                status = problem.response.status_code if problem.response is not None else 0
                if status == 429 or status >= 500 or not status:
                    problems.append(problem)
                    continue
                logger.info("a push subscription of %s ended (%s)", order.ref, status)
                subscription.delete()
            except requests.RequestException as problem:
                problems.append(problem)
            else:
                # So that a retry, which another one needs, does not tell this one again.
                PushSubscription.objects.filter(pk=subscription.pk).update(last_event=event.id)
    if problems:
        raise problems[0]


def _push(session: requests.Session, subscription: PushSubscription, order: Order, event: Received) -> None:
    with override(subscription.language):
        words = present(event.data.order, subscription.language)
    body = {
        "title": f"{words['label']} · {order.ref}",
        "body": words["sentence"],
        "tag": str(event.id),
        "lang": subscription.language,
        "url": access_links.path(order),
    }
    webpush(
        {"endpoint": subscription.endpoint, "keys": {"p256dh": subscription.p256dh, "auth": subscription.auth}},
        json.dumps(body),
        vapid_private_key=vapid(),
        vapid_claims={"sub": f"mailto:{settings.WEBPUSH_CONTACT}"},
        headers={"Urgency": "high", "Topic": hashlib.sha256(order.ref.encode()).hexdigest()[:32]},
        ttl=TTL,
        timeout=TIMEOUT,
        requests_session=session,
    )
