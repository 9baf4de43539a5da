"""Why the shop itself, or a payment gateway, moved an order: codes, and their words in the reader's language.

An event carries the code. What a person typed never stands in an event: it is kept in the order's timeline.
"""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Reason(models.TextChoices):
    """A reason that can be shown to the shopper."""

    PAYMENT_LATE = "payment_late", _("The payment did not arrive in time.")
    OUT_OF_STOCK = "out_of_stock", _("We could not get the goods.")
    CARD_DECLINED = "card_declined", _("The card was declined.")
    FREE = "free", _("There was nothing to pay.")
    CONFIRMATION_REFUSED = "confirmation_refused", _("The confirmation was refused.")


def known(detail: str) -> str:
    """`detail` if it is one of the codes; "" for anything else, such as a gateway's own words."""
    return detail if detail in Reason.values else ""


def words(reason: str) -> str:
    """The sentence for a code, in the active language; "" for anything else."""
    return str(Reason(reason).label) if known(reason) else ""
