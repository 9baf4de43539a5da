"""The lock of an order: whoever changes one holds it first, before the locks of payments, parcels and stock."""

from django.db.models import QuerySet

from events.db.prepared import prepared
from orders.models import Order, Parcel


def locked(ref: str) -> Order:
    """The order, its row locked for this transaction. Raises `Order.DoesNotExist`."""
    order = _locked.first(ref)
    if order is None:
        raise Order.DoesNotExist(ref)
    return order


def locked_with(parcel: int) -> tuple[Order, Parcel]:
    """The order of a parcel and the parcel, both rows locked. Raises `Parcel.DoesNotExist`."""
    order = locked(Parcel.objects.select_related("order").get(pk=parcel).order.ref)
    return order, Parcel.objects.select_for_update().get(pk=parcel)


@prepared
def _locked(ref: str) -> QuerySet[Order]:
    return QuerySet(Order).select_for_update().filter(ref=ref).order_by()
