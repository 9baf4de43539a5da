"""What a payment gateway is to the shop. Each is a Django app of its own, whose configuration names its class.

New payments begin at the gateway of `PAYMENT_GATEWAY`. A payment stays with the gateway that began it: its webhooks are
accepted and its refunds are made there for as long as that app is installed.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from typing import Protocol, cast

from django.apps import apps
from django.conf import settings
from django.utils.module_loading import import_string
from djmoney.money import Money


class Result(StrEnum):
    """How a payment ended."""

    SUCCEEDED = "succeeded"
    FAILED = "failed"


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


class PaymentGateway(Protocol):
    """Hosted pages and signed webhooks. Everything may be called again with the same idempotency key."""

    name: str
    is_test: bool
    """Whether it moves no money. Production refuses to start with such a gateway."""
    origin: str
    """scheme://host of its hosted pages, which the content policy has to allow; empty if they are the shop's own."""

    def open(
        self, *, ref: str, amount: Money, return_url: str, webhook_url: str, idempotency_key: str
    ) -> HostedSession:
        """Begin a payment; the shopper is sent to the session's URL."""

    def parse(self, headers: Mapping[str, str], body: bytes) -> PaymentUpdate:
        """Verify and read a webhook. Raises `BadWebhook`, `Unreadable`."""

    def refund(self, *, session: str, amount: Money, idempotency_key: str) -> None:
        """Return the money. Raises unless the gateway accepted it: the refund is booked when this returns."""


@lru_cache
def _load(path: str) -> PaymentGateway:
    return cast(PaymentGateway, import_string(path)())


def get() -> PaymentGateway:
    """The gateway of `PAYMENT_GATEWAY`, where new payments begin."""
    return _load(settings.PAYMENT_GATEWAY)


def named(name: str) -> PaymentGateway:
    """The installed gateway of that name, to hear from it and to refund there. Raises `UnknownGateway`."""
    paths = [config.gateway for config in apps.get_app_configs() if hasattr(config, "gateway")]
    for path in dict.fromkeys([settings.PAYMENT_GATEWAY, *paths]):
        if (gateway := _load(path)).name == name:
            return gateway
    raise UnknownGateway(f"There is no payment gateway named {name}.")
