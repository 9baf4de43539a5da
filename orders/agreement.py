"""What a shopper agrees to with an order: the versions of the shop's pages that stood beside the button."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.urls import reverse
from django.utils.translation import gettext as _

from orders.models import Order
from shop.pages import published
from shop.pages.models import Kind

Accepted = tuple[tuple[str, int], ...]
"""Kind and version number of each page."""


@dataclass(frozen=True)
class Agreed:
    """A page as it was when an order was placed."""

    kind: str
    number: int

    @property
    def title(self) -> str:
        """What kind of page it is, in the active language."""
        return str(Kind(self.kind).label)

    @property
    def words(self) -> str:
        """The page and its version, in the active language."""
        return _("%(title)s (version %(number)s)") % {"title": self.title, "number": self.number}

    @property
    def address(self) -> str:
        """Where that version is shown for ever."""
        return reverse("pages:version", args=[self.kind, self.number])


def current() -> Accepted:
    """What an order is placed under now."""
    return tuple((each.kind, each.number) for each in published.accepted())


def mark(accepted: Iterable[tuple[str, int]]) -> str:
    """As a form carries it, so that the shop knows what its sender was shown."""
    return " ".join(f"{kind}:{number}" for kind, number in accepted)


def of(order: Order) -> list[Agreed]:
    """What this order was placed under."""
    return [Agreed(kind, number) for kind, number in order.agreed_to if kind in Kind.values]
