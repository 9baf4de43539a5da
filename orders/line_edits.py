"""Staff change what is ordered, before anybody packs it, as they have seen it in a check (`orders.line_checks`)."""

import msgspec
from django.db import transaction
from django.utils import timezone

from orders import line_words, parts
from orders.domain_events import LinesChange, OrderLinesChanged, amount
from orders.lifecycle import PAYABLE, Actor, IllegalTransition, Status
from orders.line_checks import Check, Wanted, check, moves
from orders.locking import locked
from orders.models import Order, OrderLine, Reversal
from orders.payments import windows
from orders.reasons import Reason
from orders.returns import reversals
from shop.catalog import stock
from shop.pricing.quote import Quote


class Outdated(Exception):
    """The order, a price or what it means is not what was seen. `check` is what it means now."""

    def __init__(self, check: Check) -> None:
        super().__init__("not what was seen")
        self.check = check


def apply(ref: str, wanted: Wanted, *, seen: str, actor: str, may_refund: bool) -> Check:
    """Change the lines as somebody has `seen` it in a check. A repeat finds nothing to change, and does nothing.

    Raises `Outdated`, `IllegalTransition`, `Order.DoesNotExist`; nothing is written then.
    """
    with transaction.atomic():
        order = locked(ref)
        found = check(order, wanted, actor=actor, may_refund=may_refund)
        if not found.changes:
            return found
        if found.refusal:
            raise IllegalTransition(found.refusal)
        if seen != found.seen:
            raise Outdated(found)
        if found.quote is None:
            taken = {row.piece.line.pk: row.before - row.after for row in found.rows if row.piece.line}
            reversals.reverse_locked(
                order,
                taken,
                kind=Reversal.Kind.CANCELLED,
                reason=Reversal.Reason.WISH,
                restock=True,
                actor=actor,
            )
        else:
            _rewrite(order, found, found.quote)
            if found.returned:
                reversals.ask_back(order, found.returned, actor)
        _tell(order, found, actor)
        return found


def _rewrite(order: Order, found: Check, quote: Quote) -> None:
    """The lines, discounts, taxes and amounts as the quote has them, and the stock that is held. The caller saves."""
    try:
        stock.change_held(order.ref, {key: n for key, n in moves(found.rows).items() if n})
    except stock.OutOfStock as short:  # somebody was faster since it was checked
        first = short.shortages[0]
        title = next(r.piece.title for r in found.rows if r.piece.variant and r.piece.variant.pk == first.variant_id)
        raise IllegalTransition(line_words.short(title, first.wanted, first.available)) from None
    kept: list[OrderLine] = []
    before = parts.in_words(order)
    order.adjustments.all().delete()
    for row in found.rows:
        piece = row.piece
        if not row.after and piece.line:
            piece.line.delete()
        elif row.after:
            line = piece.line or OrderLine(
                order=order, variant=piece.variant, sku=piece.sku, title=piece.title, unit_price=piece.unit
            )
            for name, each in parts.of_line(quote, quote.lines[len(kept)]).items():
                setattr(line, name, each)
            line.save()  # one by one, so that the trail of the staff has each
            kept.append(line)
    order.tax_lines.all().delete()
    parts.store_cuts_and_taxes(order, kept, quote)
    parts.rewritten.send(Order, order=order, before=before, after=parts.in_words(order))
    for name, each in parts.amounts(quote).items():
        setattr(order, name, each)


SAVED = (
    *("subtotal", "discount", "delivery_discount", "delivery_net", "delivery_tax", "tax", "total", "kept_until"),
    *("line_changes", "cancelled_items", "money_problem", "status", "timeline"),
)


def _tell(order: Order, found: Check, actor: str) -> None:
    """Keep the change for the shopper's page, and emit its event; a handler mails it."""
    now = timezone.now()
    returned = amount(found.returned) if found.returned else None
    change = LinesChange(now, found.changes, amount(found.before), amount(found.after), returned)
    order.line_changes = msgspec.to_builtins(change)
    if order.status in PAYABLE:
        order.kept_until = now + windows.LINK
    order.record(OrderLinesChanged(**order.facts(actor)))
    if order.status in PAYABLE and not order.total:  # no gateway takes a payment of nothing
        order.move(Status.PAID, Actor.SYSTEM, "system", Reason.FREE)
    order.save(update_fields=SAVED)
