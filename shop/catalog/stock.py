"""The only functions that change stock: reserve, release, ship, adjust.

They lock the rows in primary-key order, so that two checkouts cannot wait for each other.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from django.db import transaction
from django.db.models import QuerySet

from events.db.prepared import prepared
from events.emission import atomic_or_fail
from shop.catalog.domain_events import StockChanged
from shop.catalog.models import Reservation, Stock, Variant


@dataclass(frozen=True)
class Shortage:
    """More of a variant was wanted than is available."""

    variant_id: int
    wanted: int
    available: int


class OutOfStock(Exception):
    """At least one variant is short, and nothing was reserved. `shortages` lists them."""

    def __init__(self, shortages: list[Shortage]) -> None:
        super().__init__(", ".join(f"variant {s.variant_id}: {s.wanted} of {s.available}" for s in shortages))
        self.shortages = shortages


def lock(variant_ids: Iterable[int]) -> dict[int, Stock]:
    """Lock the stock rows of these variants for this transaction, in one canonical order."""
    atomic_or_fail()
    wanted = set(variant_ids)
    if len(wanted) == 1:  # most orders: a statement that is composed already
        return {row.variant_id: row for row in _locked(*wanted)}
    rows = Stock.objects.select_for_update().filter(variant_id__in=wanted).order_by("pk")
    return {row.variant_id: row for row in rows}


@prepared
def _locked(variant_id: int) -> QuerySet[Stock]:
    return QuerySet(Stock).select_for_update().filter(variant_id=variant_id)


def reserve(wanted: Mapping[int, int], ref: str) -> None:
    """Promise `{variant id: quantity}` to `ref`. All or nothing: raises `OutOfStock`.

    Needs a transaction.
    """
    stocks = lock(wanted)
    shortages = []
    for variant_id, quantity in wanted.items():
        available = stocks[variant_id].available if variant_id in stocks else 0
        if quantity > available:
            shortages.append(Shortage(variant_id, quantity, available))
    if shortages:
        raise OutOfStock(shortages)
    for variant_id, stock in stocks.items():
        _move(stock, reserved=wanted[variant_id], reason="reserved", ref=ref)
    Reservation.objects.bulk_create(Reservation(stock=stocks[v], ref=ref, quantity=q) for v, q in wanted.items())


def release(ref: str) -> int:
    """Release what is held for the order `ref`. A repeat does nothing. Returns the number of reservations."""
    return _end(ref, Reservation.State.RELEASED)


def ship(ref: str) -> int:
    """Take what is held for the order `ref` out of stock. A repeat does nothing. Returns the number of reservations."""
    return _end(ref, Reservation.State.SHIPPED)


def take_part(ref: str, quantities: Mapping[int, int], by: str) -> int:
    """Take `{variant id: quantity}` of what is held for `ref` out of stock. Returns the number of variants.

    `by` says what took it, such as "parcel:7": a repeat does nothing, and no more is taken than is held.
    """
    return _end_part(ref, quantities, by, Reservation.State.SHIPPED)


def release_part(ref: str, quantities: Mapping[int, int], by: str) -> int:
    """Release `{variant id: quantity}` of what is held for `ref`, as `take_part` takes it."""
    return _end_part(ref, quantities, by, Reservation.State.RELEASED)


def change_held(ref: str, changes: Mapping[int, int]) -> None:
    """Hold so many more or fewer of `{variant id: difference}` for the order `ref`.

    All or nothing: raises `OutOfStock` when there is not enough of what is wanted more. Needs a transaction.
    """
    stocks = lock(changes)
    more = {variant: count for variant, count in changes.items() if count > 0}
    there = {variant: stocks[variant].available if variant in stocks else 0 for variant in more}
    shortages = [Shortage(variant, n, there[variant]) for variant, n in more.items() if n > there[variant]]
    if shortages:
        raise OutOfStock(shortages)
    rows = Reservation.objects.filter(ref=ref, stock__in=stocks.values(), state=Reservation.State.HELD)
    held = {row.stock_id: row for row in rows}
    for variant, stock in stocks.items():
        row = held.get(stock.pk) or Reservation(stock=stock, ref=ref, quantity=0)
        change = max(changes[variant], -row.quantity)  # no more is let go than is held
        if not change:
            continue
        row.quantity += change
        if row.quantity:
            row.save()
        else:
            row.delete()
        _move(stock, reserved=change, reason="reserved" if change > 0 else Reservation.State.RELEASED.value, ref=ref)


def put_back(ref: str, quantities: Mapping[int, int], by: str) -> int:
    """Goods of the order `ref` are back in stock again. `by` says why: a repeat does nothing."""
    atomic_or_fail()
    stocks = lock(quantities)
    done = 0
    for variant, stock in stocks.items():
        _row, fresh = Reservation.objects.get_or_create(
            ref=ref, stock=stock, by=by, defaults={"quantity": quantities[variant], "state": Reservation.State.RETURNED}
        )
        if fresh:
            _move(stock, on_hand=quantities[variant], reason=Reservation.State.RETURNED.value, ref=ref)
            done += 1
    return done


def adjust(
    variant: Variant, on_hand: int, reason: str = "adjusted", *, actor: str = "", note: str = "", short: bool = False
) -> Stock:
    """Set the number on hand, after a count or a delivery.

    Raises `ValueError` below what is reserved, unless orders may be `short`: people counted, and that is what there is.
    """
    with transaction.atomic():
        stock, _ = Stock.objects.get_or_create(variant=variant, defaults={"sku": variant.sku})
        stock = Stock.objects.select_for_update().get(pk=stock.pk)
        if on_hand < stock.reserved and not short:
            raise ValueError(f"{stock.reserved} of {stock.sku} are promised to orders; there cannot be {on_hand}.")
        if on_hand != stock.on_hand:
            _move(stock, on_hand=on_hand - stock.on_hand, reason=reason, actor=actor, note=note)
        return stock


def _end(ref: str, state: Reservation.State) -> int:
    atomic_or_fail()
    held = list(Reservation.objects.filter(ref=ref, state=Reservation.State.HELD).select_related("stock"))
    stocks = lock(r.stock.variant_id for r in held)
    # Read again under the locks: somebody may have ended them while we waited.
    held = list(Reservation.objects.filter(ref=ref, state=Reservation.State.HELD).select_related("stock"))
    for reservation in held:
        stock = stocks[reservation.stock.variant_id]
        gone = reservation.quantity if state == Reservation.State.SHIPPED else 0
        _move(stock, on_hand=-gone, reserved=-reservation.quantity, reason=state.value, ref=ref)
    Reservation.objects.filter(pk__in=[r.pk for r in held]).update(state=state)
    return len(held)


def _end_part(ref: str, quantities: Mapping[int, int], by: str, state: Reservation.State) -> int:
    atomic_or_fail()
    stocks = lock(quantities)
    rows = list(Reservation.objects.filter(ref=ref, stock__in=stocks.values()))
    if any(row.by == by for row in rows):
        return 0
    held = {row.stock_id: row for row in rows if row.state == Reservation.State.HELD}
    done = 0
    for variant, stock in stocks.items():
        row = held.get(stock.pk)
        quantity = min(quantities[variant], row.quantity) if row else 0
        if row is None or not quantity:
            continue
        if quantity == row.quantity:
            row.state, row.by = state, by
            row.save(update_fields=["state", "by"])
        else:
            row.quantity -= quantity
            row.save(update_fields=["quantity"])
            Reservation.objects.create(stock=stock, ref=ref, quantity=quantity, state=state, by=by)
        gone = quantity if state == Reservation.State.SHIPPED else 0
        _move(stock, on_hand=-gone, reserved=-quantity, reason=state.value, ref=ref)
        done += 1
    return done


def _move(
    stock: Stock,
    *,
    on_hand: int = 0,
    reserved: int = 0,
    reason: str,
    ref: str = "",
    actor: str = "",
    note: str = "",
) -> None:
    before = stock.available
    # What was sent had been there, whatever a count said.
    stock.on_hand = max(0, stock.on_hand + on_hand)
    stock.reserved += reserved
    stock.record(
        StockChanged(
            sku=stock.sku,
            on_hand=stock.on_hand,
            reserved=stock.reserved,
            available=stock.available,
            delta=stock.available - before,
            reason=reason,
            ref=ref,
            actor=actor,
            note=note,
        )
    )
    stock.save(update_fields=["on_hand", "reserved"])
