"""Bank transfer: the shopper is told where to send the money; staff see it on the statement and book it."""

from collections.abc import Mapping
from datetime import timedelta

from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from djmoney.money import Money

from orders.payments.gateways.base import BadWebhook, HostedSession, NotOffered, PaymentGateway, PaymentUpdate


class BankTransfer(PaymentGateway):
    """There is no session and no webhook, and only people can return the money."""

    name = "bank"
    title = gettext_lazy("Bank transfer")
    window = timedelta(days=settings.BANK_WINDOW_DAYS)

    def missing(self) -> str:
        return "" if settings.BANK_IBAN else "BANK_IBAN"

    def open(
        self, *, ref: str, amount: Money, return_url: str, webhook_url: str, idempotency_key: str
    ) -> HostedSession:
        """No page of its own: the order's page says what to do."""
        return HostedSession("", return_url)

    def parse(self, headers: Mapping[str, str], body: bytes) -> PaymentUpdate:
        """Banks send none."""
        raise BadWebhook("a bank sends no webhooks")

    def refund(self, *, session: str, amount: Money, idempotency_key: str) -> None:
        """Only people can."""
        raise NotOffered("staff return a transfer themselves")

    def instructions(self, ref: str, amount: str) -> list[tuple[str, str]]:
        """What the shopper types into the bank's form: (label, value), in the active language."""
        return [
            (_("Account holder"), settings.BANK_NAME),
            ("IBAN", settings.BANK_IBAN),
            (_("Amount"), amount),
            (_("Reference"), ref),
        ]
