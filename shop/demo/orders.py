"""The demo shopper's first orders: one in two parcels of which something came back, one on its way, one to pay."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.utils import timezone

from orders.checkout import Details, place_order
from orders.lifecycle import Actor, Status
from orders.models import Order, Parcel, offered
from orders.models.parcel import ScanKind
from orders.payments import service as payments
from orders.payments.gateways import base
from orders.returns import service as returns
from orders.returns.lifecycle import State
from orders.shipping import parcels, scans
from orders.shipping.carriers.courier.carrier import new_number
from orders.transitions import transition
from shop.accounts.demo_logins import SHOPPER, STAFF
from shop.accounts.models import User
from shop.cart.models import Cart, CartLine
from shop.catalog import prices
from shop.catalog.models import Variant
from shop.markets import places

COURIER = "carrier:courier"


@dataclass(frozen=True)
class Buyer:
    """Somebody who orders in the demo. `email` is that of a member."""

    email: str
    name: str
    address: str
    city: str
    postal_code: str
    language: str = settings.LANGUAGE_CODE


ROBIN = Buyer(SHOPPER, "Robin Shopper", "Lindenstr. 12", "Berlin", "10969")


def load() -> None:
    """Place them, and move them as shopper, staff and courier would. Needs the demo's content."""
    place = places.place(settings.DEFAULT_COUNTRY)
    if place is None or not offered(place.market):
        return
    variants = list(Variant.objects.filter(product__active=True, stock__on_hand__gt=6).order_by("pk")[:20])
    prices.attach(variants, place.currency)
    sold = [variant for variant in variants if variant.price is not None]
    if len(sold) < 4:
        return
    _returned(bought(ROBIN, sold[:3], (1, 2, 1), place))
    _on_its_way(bought(ROBIN, sold[3:4], (1,), place))
    bought(ROBIN, sold[1:2], (1,), place, pay=False)


def _staff() -> str:
    """Who of the staff did it."""
    return f"staff:{User.objects.get(email=STAFF).pk}"


def bought(
    buyer: Buyer, variants: Sequence[Variant], quantities: Sequence[int], place: places.Place, *, pay: bool = True
) -> Order:
    """An order of these variants, with their prices. Paid, it is being packed."""
    user = User.objects.get(email=buyer.email)
    cart = Cart.objects.create()
    for variant, quantity in zip(variants, quantities, strict=True):
        CartLine.objects.create(cart=cart, variant=variant, quantity=quantity, price_seen=variant.price)
    details = Details(
        email=buyer.email,
        name=buyer.name,
        address=buyer.address,
        city=buyer.city,
        region="",
        postal_code=buyer.postal_code,
        country=place.country,
        delivery_method=offered(place.market)[0],
        language=buyer.language,
        gateway=base.get().name,
    )
    order = place_order(cart.pk, cart.checkout_key, details, user_id=user.pk, expected=None)
    cart.delete()
    if pay:
        _pay(order)
    return order


def _pay(order: Order) -> None:
    """As the test gateway's webhook would."""
    gateway = base.get()
    payments.start(order.ref, f"{settings.SITE_URL}{order.get_absolute_url()}")
    payment: Any = order.payments.get()
    update = base.PaymentUpdate(f"demo_{order.ref}", payment.session, base.Result.SUCCEEDED, payment.amount)
    payments.receive(gateway.name, update, "{}")
    transition(order.ref, Status.PREPARING, by=Actor.STAFF, actor=_staff())


def _on_its_way(order: Order) -> None:
    parcels.send(order.ref, None, actor=_staff(), tracking=new_number())
    scans.scan(Parcel.objects.get(order=order), ScanKind.IN_TRANSIT, timezone.now(), place="Leipzig", actor=COURIER)


def arrived(order: Order) -> None:
    """All of it arrives in one parcel."""
    parcels.send(order.ref, None, actor=_staff(), tracking=new_number())
    _brought(order)
    order.refresh_from_db()


def _brought(order: Order) -> None:
    for parcel in order.parcels.order_by("pk"):
        for kind, place in (
            (ScanKind.IN_TRANSIT, "Leipzig"),
            (ScanKind.OUT_FOR_DELIVERY, order.city),
            (ScanKind.DELIVERED, order.city),
        ):
            scans.scan(parcel, kind, timezone.now(), place=place, actor=COURIER)


def _returned(order: Order) -> None:
    """Two parcels arrive; one of the two things of the second line goes back and is paid for."""
    first, second, third = order.lines.all()
    parcels.send(order.ref, {first.pk: 1, second.pk: 1}, actor=_staff(), tracking=new_number())
    parcels.send(order.ref, {second.pk: 1, third.pk: 1}, actor=_staff(), tracking=new_number())
    _brought(order)
    found = returns.request(order.ref, {second.pk: 1}, reason="fit", wish="refund", comment="One is enough for us.")
    returns.move(order.ref, found.place, State.APPROVED, by=Actor.STAFF, actor=_staff())
    returns.receive(order.ref, found.place, {second.pk: True}, actor=_staff())
    returns.pay_back(order.ref, found.place, actor=_staff())
