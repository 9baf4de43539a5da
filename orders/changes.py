"""What a shopper changes about an order under way: where it goes, what goes along with a gift, and that it
has not come.

Each locks the order, looks whether that is still possible, and tells it with an event.
"""

from collections.abc import Mapping

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from orders import what_now
from orders.domain_events import OrderAddressChanged, OrderGiftChanged, OrderMissingReported, OrderMissingSolved
from orders.lifecycle import UNPACKED, IllegalTransition, Status
from orders.locking import locked
from orders.models import Order
from shop.markets.models import TaxRate

ADDRESS = ("name", "address", "city", "region", "postal_code")
"""The fields of an order that its shopper may change. The country is none: price, tax and delivery follow from it."""


def region_is_fixed(order: Order) -> bool:
    """Whether the tax of the order's country depends on the region, so that the region stays, too."""
    return TaxRate.objects.filter(country=order.country.code).exclude(region="").exists()


def change_address(ref: str, wanted: Mapping[str, str], actor: str = "shopper") -> bool:
    """Send the order somewhere else in its country. Returns whether anything changed.

    Raises `IllegalTransition` when somebody has begun to pack it, or for another region where that changes the tax.
    """
    with transaction.atomic():
        order = locked(ref)
        if order.status not in UNPACKED:
            raise IllegalTransition(_("It is too late to change the address: this order is being packed or has left."))
        changed = [name for name in ADDRESS if getattr(order, name) != wanted[name]]
        if "region" in changed and region_is_fixed(order):
            raise IllegalTransition(_("The state cannot be changed, because the tax depends on it."))
        if not changed:
            return False
        for name in changed:
            setattr(order, name, wanted[name])
        order.record(OrderAddressChanged(**order.facts(actor)))
        order.save(update_fields=changed)
        return True


def change_gift(ref: str, *, is_gift: bool, note: str, actor: str = "shopper") -> bool:
    """Make the order a gift with this note, or none. Returns whether anything changed.

    Raises `IllegalTransition` when somebody has begun to pack it.
    """
    with transaction.atomic():
        order = locked(ref)
        if order.status not in UNPACKED:
            raise IllegalTransition(_("It is too late to change the gift: this order is being packed or has left."))
        note = note if is_gift else ""
        if (order.is_gift, order.gift_note) == (is_gift, note):
            return False
        order.is_gift, order.gift_note = is_gift, note
        order.record(OrderGiftChanged(**order.facts(actor)))
        order.save(update_fields=["is_gift", "gift_note"])
        return True


def report_missing(ref: str, actor: str = "shopper") -> None:
    """Note that the order has not come; staff have it among their problems then. Said twice, it is noted once.

    Raises `IllegalTransition` before the promised day.
    """
    with transaction.atomic():
        order = locked(ref)
        if order.missing_at is not None:
            return
        if not what_now.can_report_missing(Status(order.status), order.state(), timezone.localdate()):
            raise IllegalTransition(_("This order is still expected."))
        order.missing_at = timezone.now()
        order.record(OrderMissingReported(**order.facts(actor)))
        order.save(update_fields=["missing_at"])


def solve_missing(ref: str, actor: str) -> None:
    """Note that staff have dealt with an order that had not come."""
    with transaction.atomic():
        order = locked(ref)
        if order.missing_at is None:
            return
        order.missing_at = None
        order.record(OrderMissingSolved(**order.facts(actor)))
        order.save(update_fields=["missing_at"])
