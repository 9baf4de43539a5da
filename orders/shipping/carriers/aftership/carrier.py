"""AfterShip's webhook `tracking_update`: signed with the account's secret, with all checkpoints of one parcel.

Source: https://www.aftership.com/docs/tracking/webhook (specifications and signature). What it sends is read
leniently: fields that are not needed here may be missing or new.
"""

import base64
import hashlib
import hmac
from collections.abc import Mapping
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import msgspec
from django.conf import settings

from orders.models.parcel import ScanKind
from orders.shipping.carriers.base import LONGEST_ID, BadWebhook, Carrier, Report, Unreadable, Webhook, address

SIGNATURE = "aftership-hmac-sha256"

TAGS: dict[str, ScanKind] = {
    "InfoReceived": ScanKind.PRE_TRANSIT,
    "InTransit": ScanKind.IN_TRANSIT,
    "OutForDelivery": ScanKind.OUT_FOR_DELIVERY,
    "AttemptFail": ScanKind.ATTEMPTED,
    "AvailableForPickup": ScanKind.AVAILABLE_FOR_PICKUP,
    "Delivered": ScanKind.DELIVERED,
    "Exception": ScanKind.EXCEPTION,
}
"""Its tags as scans. `Pending` and `Expired` say that it knows nothing of the parcel (any more): no scan."""

RETURNING = {"Exception_010", "Exception_011"}
"""The sub-tags of an exception that say: back to the sender."""


class Checkpoint(msgspec.Struct):
    """One scan. The time may have no zone (it is local then, where the parcel is), no hour, or be empty."""

    tag: str = ""
    subtag: str | None = None
    checkpoint_time: str | None = None
    created_at: str | None = None
    location: str | None = None
    city: str | None = None


class Tracking(msgspec.Struct):
    """The parcel."""

    tracking_number: str
    checkpoints: list[Checkpoint] = []


class Posted(msgspec.Struct):
    """The webhook."""

    event_id: str = ""
    event: str = ""
    msg: Tracking | None = None


_decoder = msgspec.json.Decoder(Posted)


class AfterShip(Carrier):
    """Needs AFTERSHIP_SECRET, the webhook secret of the account."""

    name = "aftership"
    title = "AfterShip"

    def missing(self) -> str:
        return "" if settings.AFTERSHIP_SECRET else "AFTERSHIP_SECRET"

    def parse(self, headers: Mapping[str, str], body: bytes) -> Webhook:
        """Check the signature, then read all checkpoints: those that are known already change nothing."""
        if not settings.AFTERSHIP_SECRET:
            raise BadWebhook("AFTERSHIP_SECRET is not set")
        wanted = base64.b64encode(hmac.new(settings.AFTERSHIP_SECRET.encode(), body, hashlib.sha256).digest())
        if not hmac.compare_digest(wanted, headers.get(SIGNATURE, "").encode()):
            raise BadWebhook("the signature does not fit")
        try:
            posted = _decoder.decode(body)
        except (msgspec.MsgspecError, UnicodeDecodeError) as problem:
            raise Unreadable(str(problem)) from problem
        # Older versions send no id. The same body is the same webhook then.
        event = posted.event_id or hashlib.sha256(body).hexdigest()
        if len(event) > LONGEST_ID:
            raise Unreadable(f"the event_id has more than {LONGEST_ID} characters")
        if posted.msg is None:
            return Webhook(event, ())
        number = posted.msg.tracking_number
        found = (_report(number, checkpoint) for checkpoint in posted.msg.checkpoints)
        return Webhook(event, tuple(report for report in found if report is not None))

    def link(self, tracking: str) -> str:
        """Its own page, which finds the carrier."""
        return address("https://track.aftership.com/{number}", tracking)


def _report(number: str, checkpoint: Checkpoint) -> Report | None:
    kind = TAGS.get(checkpoint.tag)
    at = _time(checkpoint.checkpoint_time) or _time(checkpoint.created_at)
    if kind is None or at is None:
        return None
    if checkpoint.subtag in RETURNING:
        kind = ScanKind.RETURNED_TO_SENDER
    return Report(number, kind.value, at, (checkpoint.location or checkpoint.city or "").strip())


def _time(text: str | None) -> datetime | None:
    """Its time. One without a zone is taken as the shop's, which is right to some hours."""
    try:
        at = datetime.fromisoformat(text) if text else None
    except ValueError:
        return None
    if at is None:
        return None
    return (at if at.tzinfo else at.replace(tzinfo=ZoneInfo(settings.TIME_ZONE))).astimezone(UTC)
