"""A payment company, as the shop sees it: it has pages of its own, and signs its webhooks with HMAC-SHA256."""

import hashlib
import hmac
import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

import httpx
from djmoney.money import Money

from orders.payments.gateways.base import BadWebhook, HostedSession, PaymentGateway, PaymentUpdate, Result, Unreadable

SECRET = b"what the company and the shop share"
SIGNATURE = "Company-Signature"


def sign(body: bytes) -> str:
    return hmac.new(SECRET, body, hashlib.sha256).hexdigest()


class Company(PaymentGateway):
    """Another company. The address of its page says what is to be paid."""

    name = "company"
    is_test = False
    origin = "https://pay.example"

    def open(
        self, *, ref: str, amount: Money, return_url: str, webhook_url: str, idempotency_key: str
    ) -> HostedSession:
        query = {
            **{"session": idempotency_key, "ref": ref, "minor": amount.get_amount_in_sub_unit()},
            **{"currency": amount.currency.code, "hook": webhook_url, "back": return_url},
        }
        return HostedSession(idempotency_key, f"{self.origin}/?{urlencode(query)}")

    def parse(self, headers: Mapping[str, str], body: bytes) -> PaymentUpdate:
        if not hmac.compare_digest(sign(body), headers.get(SIGNATURE, "")):
            raise BadWebhook("the signature does not fit")
        try:
            hook: dict[str, Any] = json.loads(body)
            amount = Money(hook["minor"], hook["currency"]) / 100
            return PaymentUpdate(hook["id"], hook["session"], Result.SUCCEEDED, amount)
        except (ValueError, KeyError) as problem:
            raise Unreadable(str(problem)) from problem

    def refund(self, *, session: str, amount: Money, idempotency_key: str) -> None:
        asked = {"session": session, "minor": amount.get_amount_in_sub_unit(), "key": idempotency_key}
        httpx.post("http://pay.example:8080/refunds", json=asked, timeout=10).raise_for_status()
