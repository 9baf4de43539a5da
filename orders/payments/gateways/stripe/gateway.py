"""Stripe: hosted Checkout Sessions, signed webhooks, capture at once or when the goods leave, refunds, disputes.

A payment's session is Stripe's Checkout Session (`cs_…`); its PaymentIntent is found through it.
"""

from collections.abc import Mapping
from functools import lru_cache
from typing import Any, cast

import msgspec
from django.conf import settings
from django.utils.translation import gettext_lazy as _
from djmoney.money import Money

from orders.payments.gateways.base import (
    BadWebhook,
    HostedSession,
    PaymentGateway,
    PaymentUpdate,
    Refused,
    Result,
    Unreadable,
)
from orders.payments.gateways.stripe.amounts import NotPayable, from_stripe, to_stripe

SECONDS = 10  # for one answer; the library's own limit is 80
TOLERANCE = 300  # seconds that a webhook's signature is good for
SESSION_EVENTS = frozenset(
    {
        "checkout.session.completed",
        "checkout.session.async_payment_succeeded",
        "checkout.session.async_payment_failed",
        "checkout.session.expired",
    }
)


class Stripe(PaymentGateway):
    """The payment company stripe.com, or whoever answers at STRIPE_URL."""

    name = "stripe"
    title = _("Card, wallet and more")
    origin = "https://checkout.stripe.com"

    def missing(self) -> str:
        return next((n for n in ("STRIPE_SECRET_KEY", "STRIPE_WEBHOOK_SECRET") if not getattr(settings, n)), "")

    def open(
        self, *, ref: str, amount: Money, return_url: str, webhook_url: str, idempotency_key: str
    ) -> HostedSession:
        """A Checkout Session of one line, the same for the same key."""
        try:
            units = to_stripe(amount)
        except NotPayable as problem:
            raise Refused(str(problem)) from problem
        manual = settings.STRIPE_CAPTURE == "when_shipped"
        line = {
            "quantity": 1,
            "price_data": {
                "currency": amount.currency.code.lower(),
                "unit_amount": units,
                "product_data": {"name": f"{settings.BRAND} {ref}"},
            },
        }
        session = _client().v1.checkout.sessions.create(
            params=cast(
                Any,
                {
                    "mode": "payment",
                    "line_items": [line],
                    "client_reference_id": ref,
                    "success_url": return_url,
                    "cancel_url": return_url,
                    "metadata": {"ref": ref},
                    "payment_intent_data": {
                        "capture_method": "manual" if manual else "automatic",
                        "metadata": {"ref": ref},
                    },
                },
            ),
            options={"idempotency_key": idempotency_key},
        )
        return HostedSession(session.id, str(session.url or return_url))

    def parse(self, headers: Mapping[str, str], body: bytes) -> PaymentUpdate | None:
        """Check Stripe's signature, then read. An event of another kind says nothing of a payment."""
        from stripe import SignatureVerificationError, WebhookSignature

        try:
            text = body.decode()
            WebhookSignature.verify_header(
                text, headers.get("Stripe-Signature", ""), settings.STRIPE_WEBHOOK_SECRET, TOLERANCE
            )
        except (SignatureVerificationError, TypeError, ValueError) as problem:  # TypeError: a header beyond ASCII
            raise BadWebhook("the signature does not fit") from problem
        try:
            event = msgspec.json.decode(body)
            kind, about = str(event["type"]), event["data"]["object"]
            if kind in SESSION_EVENTS:
                return _of_session(str(event["id"]), about)
            if kind == "charge.dispute.created":
                return _dispute(str(event["id"]), about)
        except (msgspec.MsgspecError, LookupError, TypeError, ValueError, ArithmeticError) as problem:
            raise Unreadable(str(problem)) from problem
        return None

    def ask(self, session: str) -> PaymentUpdate | None:
        """Read the session, with its PaymentIntent."""
        found = _client().v1.checkout.sessions.retrieve(session, params={"expand": ["payment_intent"]})
        return _of_session(f"asked_{session}"[:80], found.to_dict())

    def capture(self, *, session: str, amount: Money, idempotency_key: str) -> None:
        """Take the money of the session's PaymentIntent."""
        with _said():
            _client().v1.payment_intents.capture(
                _intent(session),
                params={"amount_to_capture": to_stripe(amount)},
                options={"idempotency_key": idempotency_key},
            )

    def void(self, *, session: str, idempotency_key: str) -> None:
        """Cancel the session's PaymentIntent."""
        with _said():
            _client().v1.payment_intents.cancel(_intent(session), options={"idempotency_key": idempotency_key})

    def refund(self, *, session: str, amount: Money, idempotency_key: str) -> None:
        """Return a part of it, or all. A refund that Stripe calls failed or cancelled is refused."""
        with _said():
            made = _client().v1.refunds.create(
                params={"payment_intent": _intent(session), "amount": to_stripe(amount)},
                options={"idempotency_key": idempotency_key},
            )
        if made.status in ("failed", "canceled"):
            raise Refused(str(made.failure_reason or made.status))


def _client() -> Any:
    return _client_of(settings.STRIPE_SECRET_KEY, settings.STRIPE_URL)


@lru_cache(maxsize=2)
def _client_of(key: str, address: str) -> Any:
    """Stripe's own client: it keeps its connections, and asks twice more by itself, with the same key."""
    import stripe  # 24 MB of memory: only a process that talks to Stripe loads it

    stripe.enable_telemetry = False
    return stripe.StripeClient(
        key,
        base_addresses={"api": address},
        http_client=stripe.RequestsClient(timeout=SECONDS),
        max_network_retries=2,
    )


class _said:
    """What Stripe refuses for good is `Refused`; everything else may work later."""

    def __enter__(self) -> None:
        """Nothing yet."""

    def __exit__(self, kind: object, problem: BaseException | None, stack: object) -> None:
        import stripe

        if isinstance(problem, stripe.InvalidRequestError | stripe.CardError):
            raise Refused(str(problem.user_message or problem)) from problem


def _intent(session: str) -> str:
    found = _client().v1.checkout.sessions.retrieve(session)
    if not found.payment_intent:
        raise Refused("nothing was paid in this session")
    intent = found.payment_intent
    return str(intent if isinstance(intent, str) else intent.id)


def _of_session(event: str, session: Mapping[str, Any]) -> PaymentUpdate | None:
    """What a Checkout Session says: None while it is open."""
    amount = from_stripe(int(session["amount_total"]), str(session["currency"]))
    name, intent = str(session["id"]), session.get("payment_intent")
    if session["payment_status"] == "paid":
        return PaymentUpdate(event, name, Result.SUCCEEDED, amount)
    if session["status"] == "complete":
        # Manual capture: complete, and not paid yet. With the intent at hand its own status counts.
        status = intent.get("status") if isinstance(intent, dict) else ""
        if status == "succeeded":
            return PaymentUpdate(event, name, Result.SUCCEEDED, amount)
        if status == "canceled":
            return PaymentUpdate(event, name, Result.FAILED, amount, "cancelled")
        if status == "requires_capture" or settings.STRIPE_CAPTURE == "when_shipped":
            return PaymentUpdate(event, name, Result.AUTHORISED, amount)
        return None  # a slow way to pay: another event will follow
    if session["status"] == "expired":
        return PaymentUpdate(event, name, Result.FAILED, amount, "expired")
    return None


def _dispute(event: str, dispute: Mapping[str, Any]) -> PaymentUpdate | None:
    """A dispute names the PaymentIntent; Stripe knows its session."""
    intent = str(dispute["payment_intent"])
    found = _client().v1.checkout.sessions.list(params={"payment_intent": intent, "limit": 1}).data
    if not found:
        return None
    amount = from_stripe(int(dispute["amount"]), str(dispute["currency"]))
    return PaymentUpdate(event, str(found[0].id), Result.DISPUTED, amount, str(dispute.get("reason") or ""))
