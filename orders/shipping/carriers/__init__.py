"""The carriers, a folder each. What a carrier is to the shop stands in `base`."""

from typing import Any

from orders.shipping.carriers import base


def link(parcel: Any) -> str:
    """Where the shopper can follow the parcel at its carrier; "" where that is not known.

    Reads the parcel's method, and no other row.
    """
    if not parcel.tracking:
        return ""
    if parcel.method is not None and parcel.method.tracking_link:
        return base.address(parcel.method.tracking_link, parcel.tracking)
    try:
        return base.named(parcel.sent_by).link(parcel.tracking)
    except base.UnknownCarrier:
        return ""
