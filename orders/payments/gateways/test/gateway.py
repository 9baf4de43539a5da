"""A payment gateway for trying the shop: hosted page, signed webhooks, refunds – as real ones, and no money."""

from collections.abc import Mapping

import msgspec
from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from djmoney.money import Money
from moneyed import CurrencyDoesNotExist, get_currency

from orders.payments.gateways.base import BadWebhook, HostedSession, PaymentGateway, PaymentUpdate, Result, Unreadable
from orders.payments.gateways.test.models import Refund, Session
from shop.lib import signatures

NAME = "test"
SIGNATURE = "Testgateway-Signature"
SALT = "testgateway.webhook"


class Webhook(msgspec.Struct):
    """What the gateway posts, as JSON. `minor` is the amount in minor units."""

    id: str
    session: str
    result: Result
    minor: int
    currency: str
    detail: str = ""


_decoder = msgspec.json.Decoder(Webhook)  # made here for the reason in `events.log.types`


def sign(body: bytes, at: int) -> str:
    """The signature header of a webhook: see `shop.lib.signatures`."""
    return signatures.sign(SALT, body, at)


class TestGateway(PaymentGateway):
    """The test gateway: three cards, and no money."""

    __test__ = False  # not a test case, whatever its name
    name = NAME
    title = _("Card")
    is_test = True

    def open(
        self, *, ref: str, amount: Money, return_url: str, webhook_url: str, idempotency_key: str
    ) -> HostedSession:
        """A session, the same for the same key."""
        session, _made = Session.objects.get_or_create(
            idempotency_key=idempotency_key,
            defaults={
                "ref": ref,
                "amount": amount,
                "return_url": return_url,
                "webhook_url": webhook_url,
            },
        )
        return HostedSession(session.id, f"{_origin(return_url)}{reverse('testgateway:pay', args=[session.id])}")

    def parse(self, headers: Mapping[str, str], body: bytes) -> PaymentUpdate:
        """Check `t` and `v1`, then read."""
        try:
            signatures.check(SALT, body, headers.get(SIGNATURE, ""))
        except signatures.WrongSignature as problem:
            raise BadWebhook(str(problem)) from problem
        try:
            hook = _decoder.decode(body)
            amount = Money(hook.minor, get_currency(hook.currency)) / get_currency(hook.currency).sub_unit
        except (msgspec.MsgspecError, CurrencyDoesNotExist, ArithmeticError) as problem:
            raise Unreadable(str(problem)) from problem
        return PaymentUpdate(hook.id, hook.session, hook.result, amount, hook.detail)

    def ask(self, session: str) -> PaymentUpdate | None:
        """What its books say."""
        found = Session.objects.filter(pk=session).first()
        results = {Session.State.SUCCEEDED: Result.SUCCEEDED, Session.State.FAILED: Result.FAILED}
        if found is None or found.state not in results:
            return None
        return PaymentUpdate(f"asked_{session}", session, results[Session.State(found.state)], found.amount)

    def refund(self, *, session: str, amount: Money, idempotency_key: str) -> None:
        """Book it, once for each key."""
        Refund.objects.get_or_create(
            idempotency_key=idempotency_key, defaults={"session_id": session, "amount": amount}
        )


def _origin(url: str) -> str:
    from urllib.parse import urlsplit

    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}" if parts.netloc else settings.SITE_URL
