"""What a carrier is to the shop: whoever tells where a parcel is. Each is a folder of its own, named in `CARRIERS`."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any, cast
from urllib.parse import quote

from django.conf import settings
from django.utils.module_loading import import_string

LONGEST_ID = 80
"""Characters that the database keeps of a webhook's id."""


@dataclass(frozen=True)
class Report:
    """One scan, as a carrier reports it. `kind` is a `ScanKind`; `at` has a time zone."""

    tracking: str
    kind: str
    at: datetime
    place: str = ""


@dataclass(frozen=True)
class Webhook:
    """A webhook, verified and parsed. `id` is the same when it is sent again."""

    id: str
    reports: tuple[Report, ...]


class BadWebhook(ValueError):
    """The webhook is not the carrier's: a wrong or old signature."""


class Unreadable(ValueError):
    """The webhook is the carrier's, but its content makes no sense."""


class UnknownCarrier(LookupError):
    """`CARRIERS` names no carrier of that name."""


class Carrier:
    """Who brings parcels, or who tells of them. A carrier inherits from this and overrides what it can do."""

    name: str = ""
    title: Any = ""
    """What staff read where they choose it."""
    is_test: bool = False
    """Whether it brings nothing. Only the demo has it."""

    def missing(self) -> str:
        """The name of a setting that it needs and has not; "" if it has them all."""
        return ""

    def parse(self, headers: Mapping[str, str], body: bytes) -> Webhook:
        """Verify and read a webhook. Raises `BadWebhook`, `Unreadable`."""
        raise BadWebhook(f"{self.name} sends no webhooks")

    def link(self, tracking: str) -> str:
        """Where it shows a parcel; "" where it does not."""
        return ""


def address(template: str, tracking: str) -> str:
    """The address for a number, which stays one part of it whatever was typed."""
    return template.replace("{number}", quote(tracking, safe=""))


@lru_cache
def _load(path: str) -> Carrier:
    return cast(Carrier, import_string(path)())


def every() -> list[Carrier]:
    """The carriers of `CARRIERS`, in its order."""
    return [_load(path) for path in settings.CARRIERS]


def named(name: str) -> Carrier:
    """The carrier of that name. Raises `UnknownCarrier`."""
    for carrier in every():
        if carrier.name == name:
            return carrier
    raise UnknownCarrier(f"There is no carrier named {name}.")
