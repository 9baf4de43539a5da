"""The gateway tells the shop: a signed POST, again and again until it is heard."""

import time

import msgspec

from events.delivery.registry import handler
from events.log.envelope import Received
from orders.payments.gateways.test.gateway import SIGNATURE, Webhook, sign


@handler("testgateway.settled", queue="webhooks", name="testgateway.webhook", external=True)
def post_webhook(event: Received) -> None:
    """Post the result. Anything but 2xx is an error, and is tried again."""
    import httpx  # it brings rich and pygments: only who posts loads it

    outcome = event.data
    body = msgspec.json.encode(
        Webhook(f"wh_{event.id}", outcome.session, outcome.result, outcome.minor, outcome.currency, outcome.detail)
    )
    headers = {
        "Content-Type": "application/json",
        "Idempotency-Key": event.idempotency_key,
        SIGNATURE: sign(body, int(time.time())),
    }
    httpx.post(outcome.webhook_url, content=body, headers=headers, timeout=10).raise_for_status()
