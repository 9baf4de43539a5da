"""Why a stock changed: the words of the events, and what people read for them."""

from typing import Any

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

TYPED: dict[str, Any] = {
    "counted": pgettext_lazy("stock", "counted"),
    "received": _("delivery received"),
    "damaged": _("damaged"),
    "returned": _("returned"),
    "corrected": _("correction"),
}
"""The reasons that staff give, in the order of a form."""

OF_ORDERS: dict[str, Any] = {
    "reserved": _("promised to order %(ref)s"),
    "released": _("no longer promised to order %(ref)s"),
    "shipped": _("sent with order %(ref)s"),
    "returned": _("came back from order %(ref)s"),
}
"""What orders do to a stock."""

OTHERS: dict[str, Any] = {
    "adjusted": _("set"),
    "imported": _("imported"),
    "opening": _("first stock"),
    "undone": _("an import was undone"),
}


def words(reason: str, ref: str) -> str:
    """The reason in words of the active language; one that is not known as it stands."""
    if ref and reason in OF_ORDERS:
        return str(OF_ORDERS[reason]) % {"ref": ref}
    return str(TYPED.get(reason) or OTHERS.get(reason) or reason)
