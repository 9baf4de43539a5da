"""What a payment gateway is to the shop. Each is a Django app of its own, whose configuration names its class.

New payments begin at the gateways of `PAYMENT_GATEWAY`; the market decides which of them, and the shopper. A payment
stays with the gateway that began it: its webhooks are accepted and its refunds are made there for as long as that app
is installed.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from functools import lru_cache
from typing import Any, cast

from django.apps import apps
from django.conf import settings
from django.utils.module_loading import import_string
from djmoney.money import Money


class Result(StrEnum):
    """What became of a payment."""

    SUCCEEDED = "succeeded"
    """The money is taken."""
    AUTHORISED = "authorised"
    """The money is kept for the shop, which has to capture it."""
    FAILED = "failed"
    DISPUTED = "disputed"
    """The shopper has asked the bank to take the money back."""


LONGEST_NAME = 80
"""Characters that the database keeps of a webhook's id and of a session."""


@dataclass(frozen=True)
class HostedSession:
    """A payment waiting to be made on the gateway's own page."""

    id: str
    url: str


@dataclass(frozen=True)
class PaymentUpdate:
    """A webhook, verified and parsed. `id` is the same when it is sent again.

    Raises `Unreadable` for an `id` or a `session` that the database cannot keep.
    """

    id: str
    session: str
    result: Result
    amount: Money
    detail: str = ""

    def __post_init__(self) -> None:
        for name, value in (("id", self.id), ("session", self.session)):
            if not value or len(value) > LONGEST_NAME or "\0" in value:
                raise Unreadable(f"the {name} must have 1 to {LONGEST_NAME} characters, and no NUL")


class BadWebhook(ValueError):
    """The webhook is not the gateway's: a wrong or old signature."""


class Unreadable(ValueError):
    """The webhook is the gateway's, but its content makes no sense."""


class UnknownGateway(LookupError):
    """No installed gateway has that name."""


class Refused(Exception):
    """The gateway says no, and will say so again. The argument is its reason, for staff."""


class NotOffered(Refused):
    """This gateway has no such thing."""


class PaymentGateway:
    """A payment company: hosted pages and signed webhooks. A gateway inherits from this and overrides what it can do.

    Everything may be called again with the same idempotency key. Every method but `parse` may raise anything when the
    company cannot be reached, and `Refused` when it says no.
    """

    name: str = ""
    title: Any = ""
    """What the shopper reads at the checkout; a text in several languages, or the name if it is empty."""
    is_test: bool = False
    """Whether it moves no money. Production refuses to start with such a gateway."""
    origin: str = ""
    """scheme://host of its hosted pages, which the content policy has to allow; empty if they are the shop's own."""
    window: timedelta | None = None
    """How long an order waits for its money; None for PAYMENT_WINDOW_MINUTES."""

    def missing(self) -> str:
        """The name of a setting that it needs and has not; "" if it has them all."""
        return ""

    def open(
        self, *, ref: str, amount: Money, return_url: str, webhook_url: str, idempotency_key: str
    ) -> HostedSession:
        """Begin a payment; the shopper is sent to the session's URL."""
        raise NotImplementedError

    def parse(self, headers: Mapping[str, str], body: bytes) -> "PaymentUpdate | None":
        """Verify and read a webhook; None for one that says nothing of a payment. Raises `BadWebhook`, `Unreadable`."""
        raise NotImplementedError

    def refund(self, *, session: str, amount: Money, idempotency_key: str) -> None:
        """Return the money, or a part. Raises unless the gateway accepted it: it is booked when this returns."""
        raise NotImplementedError

    def ask(self, session: str) -> "PaymentUpdate | None":
        """What became of a session; None while it is open, and where the gateway cannot be asked."""
        return None

    def capture(self, *, session: str, amount: Money, idempotency_key: str) -> None:
        """Take money that was authorised."""
        raise NotOffered(f"{self.name} captures nothing")

    def void(self, *, session: str, idempotency_key: str) -> None:
        """Let go of money that was authorised."""
        raise NotOffered(f"{self.name} voids nothing")


@lru_cache
def _load(path: str) -> PaymentGateway:
    return cast(PaymentGateway, import_string(path)())


def every() -> list[PaymentGateway]:
    """The gateways of PAYMENT_GATEWAY, in its order: where new payments begin."""
    return [_load(path) for path in settings.PAYMENT_GATEWAYS]


def get() -> PaymentGateway:
    """The first of them."""
    return _load(settings.PAYMENT_GATEWAYS[0])


def offered(names: Sequence[str]) -> list[PaymentGateway]:
    """Those of `every` that have one of the names, as a market lists them; all for no names."""
    return [gateway for gateway in every() if not names or gateway.name in names]


def named(name: str) -> PaymentGateway:
    """The installed gateway of that name, to hear from it and to refund there. Raises `UnknownGateway`."""
    paths = [config.gateway for config in apps.get_app_configs() if hasattr(config, "gateway")]
    for path in dict.fromkeys([*settings.PAYMENT_GATEWAYS, *paths]):
        if (gateway := _load(path)).name == name:
            return gateway
    raise UnknownGateway(f"There is no payment gateway named {name}.")
