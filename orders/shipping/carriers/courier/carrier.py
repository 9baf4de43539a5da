"""The demo's courier: it posts signed webhooks, one scan each, as the simulator drives it."""

import secrets
from collections.abc import Mapping
from datetime import datetime

import msgspec
from django.utils.translation import gettext_lazy as _

from orders.models.parcel import ScanKind
from orders.shipping.carriers.base import LONGEST_ID, BadWebhook, Carrier, Report, Unreadable, Webhook
from shop.lib import signatures

SIGNATURE = "Courier-Signature"
SALT = "courier.webhook"


class Posted(msgspec.Struct):
    """What the courier posts, as JSON."""

    id: str
    tracking: str
    scan: str
    at: datetime
    place: str = ""


_decoder = msgspec.json.Decoder(Posted)


def webhook(tracking: str, scan: str, at: datetime, place: str = "", id: str = "") -> tuple[dict[str, str], bytes]:
    """The headers and the body of what the courier posts."""
    body = msgspec.json.encode(Posted(id or f"scan_{secrets.token_hex(10)}", tracking, scan, at, place))
    return {SIGNATURE: signatures.sign(SALT, body), "Content-Type": "application/json"}, body


def new_number() -> str:
    """A number, as the courier's machine prints it on a label."""
    return f"CR{secrets.randbelow(10**10):010d}"


class Courier(Carrier):
    """It tells of a parcel by webhook, and has no page of its own."""

    name = "courier"
    title = _("the demo's courier")
    is_test = True

    def parse(self, headers: Mapping[str, str], body: bytes) -> Webhook:
        """Check the signature, then read the one scan."""
        try:
            signatures.check(SALT, body, headers.get(SIGNATURE, ""))
        except signatures.WrongSignature as problem:
            raise BadWebhook(str(problem)) from problem
        try:
            posted = _decoder.decode(body)
        except (msgspec.MsgspecError, UnicodeDecodeError) as problem:
            raise Unreadable(str(problem)) from problem
        if posted.scan not in ScanKind.values:
            raise Unreadable(f"there is no scan {posted.scan!r}")
        if posted.at.tzinfo is None:
            raise Unreadable("the time has no time zone")
        if not 0 < len(posted.id) <= LONGEST_ID:
            raise Unreadable(f"the id must have 1 to {LONGEST_ID} characters")
        return Webhook(posted.id, (Report(posted.tracking, posted.scan, posted.at, posted.place),))
