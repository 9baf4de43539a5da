"""The environment of a shop in production."""

import os
from typing import Any

from djmoney.money import Money

from orders.payments.gateways.base import BadWebhook, HostedSession, PaymentGateway, PaymentUpdate

PRODUCTION = {
    "SECRET_KEY": "a production key of fifty random characters 0123456789",
    "EVENT_SIGNING_KEYS": "k1:MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=",
    "SITE_URL": "https://shop.example",
    "DATABASE_URL": "sqlite:////tmp/none/shop.sqlite3",
    "REDIS_URL": "redis://127.0.0.1:1/0",
    "EMAIL_URL": "smtp://127.0.0.1:1",
    "PAYMENT_GATEWAY": "tests.support.production.ElsewhereGateway",
}


class ElsewhereGateway(PaymentGateway):
    """A payment company with pages of its own at another origin. It takes no webhooks: no test here pays."""

    name = "elsewhere"
    is_test = False
    origin = os.environ.get("ELSEWHERE_ORIGIN", "https://pay.example")

    def open(self, *, ref: str, amount: Money, idempotency_key: str, **_: Any) -> HostedSession:
        return HostedSession(f"s_{idempotency_key}", f"{self.origin}/pay/{ref}")

    def parse(self, headers: Any, body: bytes) -> PaymentUpdate:
        raise BadWebhook("this gateway signs nothing")

    def refund(self, *, session: str, amount: Money, idempotency_key: str) -> None:
        """Nothing was paid."""
