"""What a change of an order's lines would mean: for its lines, its money, and whether it can be made.

Three ways, by the order's money:

- Nobody has paid: the lines are worked out anew, and the new sum is to be paid.
- Paid, and things are only taken out: that is a cancellation of lines, as `orders.returns.reversals` does it.
- Paid, and something comes in: the lines are worked out anew, as long as that costs no more, and no invoice or earlier
  cancellation names the lines. What it costs less goes back.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from hashlib import sha256
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import override

from orders import line_words, requote
from orders.domain_events import LineChange
from orders.lifecycle import PAYABLE, UNPACKED, IllegalTransition, Status
from orders.limits import given_back, hold_refund
from orders.models import Order, Payment
from orders.models.document import Kind
from orders.requote import NeedsSecondOrder, Piece
from orders.returns import reversals
from shop.catalog import prices
from shop.catalog.models import Stock, Variant
from shop.pricing.amounts import minor, money, part_of
from shop.pricing.quote import Quote


@dataclass(frozen=True)
class Wanted:
    """How many of each line (by primary key) and of each new variant there should be; other lines stay as they are."""

    lines: Mapping[int, int] = field(default_factory=dict)
    added: Mapping[int, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Row:
    """A line of the order or a new one: how many there were, and will be; what those cost."""

    piece: Piece
    before: int
    costs: Any = None

    @property
    def after(self) -> int:
        """How many there will be."""
        return self.piece.quantity


@dataclass(frozen=True)
class Check:
    """What a change means. `sentence` says it of the money; `refusal` why it cannot be, or is "".

    `apart`: a second order can take in what this one cannot. `seen` names all of it: a change is made only as somebody
    has seen it.
    """

    rows: Sequence[Row]
    before: Any
    after: Any
    quote: Quote | None = None
    returned: Any = None
    sentence: str = ""
    refusal: str = ""
    apart: bool = False
    seen: str = ""

    @property
    def changes(self) -> tuple[LineChange, ...]:
        """The rows that change."""
        return tuple(LineChange(r.piece.title, r.before, r.after) for r in self.rows if r.before != r.after)


def check(order: Order, wanted: Wanted, *, actor: str, may_refund: bool) -> Check:
    """What the change would mean now. Writes nothing.

    Raises `IllegalTransition` for an order whose lines cannot be changed any more.
    """
    if order.status not in UNPACKED:
        raise IllegalTransition(
            _("It is too late to change what is ordered: %(ref)s is %(status)s.")
            % {"ref": order.ref, "status": order.get_status_display()}
        )
    rows = _rows(order, wanted)
    cost = order.total - sum((each.amount for each in _taken_out(order)), order.total * 0)
    found = Check(rows, cost, cost)
    try:
        if found.changes:
            found = _worked_out(order, rows, cost)
            _hold(order, found, actor, may_refund)
    except IllegalTransition as refusal:
        apart = isinstance(refusal, NeedsSecondOrder) and any(row.after > row.before for row in rows)
        return replace(found, quote=None, refusal=str(refusal), apart=apart, seen="")
    return found


def coming_in(order: Order, wanted: Wanted) -> dict[int, int]:
    """How many of which variant (by primary key) the order would have more of than it has now."""
    return {key: more for key, more in moves(_rows(order, wanted)).items() if more > 0}


def _rows(order: Order, wanted: Wanted) -> list[Row]:
    """The lines in their order, then what is new. A new variant that is a line already means that line."""
    lines = list(order.lines.select_related("variant__product").order_by("pk"))
    of_variant = {line.variant_id: line for line in lines if line.variant_id}
    counts = {line.pk: wanted.lines.get(line.pk, line.wanted) for line in lines}
    counts |= {of_variant[key].pk: n for key, n in wanted.added.items() if key in of_variant}
    new = [key for key, n in wanted.added.items() if n and key not in of_variant]
    found = {each.pk: each for each in Variant.objects.filter(pk__in=new).select_related("product")}
    prices.attach(found.values(), order.currency)
    rows = [Row(requote.of_line(line, counts[line.pk]), line.wanted) for line in lines]
    with override(order.language):
        pieces = [Piece(each.sku, str(each), wanted.added[key], each.price, each) for key, each in found.items()]
    return rows + [Row(piece, 0) for piece in pieces]


def _taken_out(order: Order) -> list[Any]:
    """What was paid for the lines that were taken out before."""
    return [line for made in order.reversals.prefetch_related("lines") for line in made.lines.all()]


def _worked_out(order: Order, rows: Sequence[Row], cost: Any) -> Check:
    """What these rows cost, and what becomes of the money. Raises `IllegalTransition`."""
    if not any(row.after for row in rows):
        raise IllegalTransition(_("That is all of the order. Please cancel the order instead."))
    if order.status == Status.PAID and all(row.after <= row.before for row in rows):
        return _as_cancellation(order, rows, cost)
    _hold_sold(order, rows)
    lines = [row.piece.line for row in rows if row.piece.line]
    if any(line.reversed for line in lines):
        raise NeedsSecondOrder(
            _("Something was taken out of this order before, so nothing can come in. Please place a second order.")
        )
    if order.documents.filter(kind=Kind.INVOICE).exists():
        raise NeedsSecondOrder(
            _(
                "This order has an invoice, which is never changed, so nothing can come in. Please take out what is "
                "not wanted, and place a second order for the rest."
            )
        )
    requote.hold_agreed(order, lines)
    kept = [row for row in rows if row.after]
    quote = requote.quote_of(order, [row.piece for row in kept])
    totals = {id(row): each.total for row, each in zip(kept, quote.lines, strict=True)}
    priced = [Row(row.piece, row.before, quote.money(totals.get(id(row), 0))) for row in rows]
    after = quote.money(quote.total)
    if order.status == Status.PAID and after > cost:
        raise NeedsSecondOrder(
            _("This order is paid, and would cost %(amount)s more. Please place a second order for what comes in.")
            % {"amount": after - cost}
        )
    came = order.captured - given_back(order)
    if order.status in PAYABLE and came.amount and after <= came:
        raise IllegalTransition(
            _("%(amount)s have come already, so the order has to cost more than that.") % {"amount": came}
        )
    return _named(order, Check(priced, cost, after, quote))


def _as_cancellation(order: Order, rows: Sequence[Row], cost: Any) -> Check:
    """A paid order of which lines are taken out: each pays back its share of what was paid."""
    back, priced = 0, []
    for row in rows:
        line = row.piece.line
        assert line is not None
        gross, taken = minor(line.gross), row.before - row.after
        share = part_of(gross, line.quantity, line.reversed, taken)
        left = part_of(gross, line.quantity, line.reversed, row.before) - share
        back += share
        priced.append(Row(row.piece, row.before, money(left, order.currency)))
    return _named(order, Check(priced, cost, cost - money(back, order.currency)))


def _hold_sold(order: Order, rows: Sequence[Row]) -> None:
    """Raise `IllegalTransition` unless what comes in is sold there, and is in stock."""
    more = moves(rows)
    left = {each.variant_id: each.available for each in Stock.objects.filter(variant__in=more)}
    for row in rows:
        if row.after <= row.before:
            continue
        variant, names = row.piece.variant, {"title": row.piece.title, "country": order.country.name}
        if variant is None or not variant.product.active:
            raise IllegalTransition(_("%(title)s is no longer for sale.") % names)
        if row.piece.unit is None:
            raise IllegalTransition(_("%(title)s is not sold to %(country)s.") % names)
        if more[variant.pk] > left.get(variant.pk, 0):
            raise IllegalTransition(line_words.short(row.piece.title, more[variant.pk], left.get(variant.pk, 0)))


def moves(rows: Sequence[Row]) -> dict[int, int]:
    """How many more or fewer of each variant (by primary key) these rows want."""
    found: dict[int, int] = {}
    for row in rows:
        if row.piece.variant:
            found[row.piece.variant.pk] = found.get(row.piece.variant.pk, 0) + row.after - row.before
    return found


def _named(order: Order, found: Check) -> Check:
    """With what goes back, the sentence about the money, and a name for all of it."""
    payment, returned = None, None
    if order.status == Status.PAID and found.after < found.before:
        returned = found.before - found.after
        payment = reversals.payment_with(order.payments.prefetch_related("refunds").order_by("pk"), returned)
        if payment is None:
            raise IllegalTransition(
                _("No payment of this order has %(amount)s left that could be returned.") % {"amount": returned}
            )
    rows = [(row.piece.sku, row.before, row.after, str(row.piece.unit)) for row in found.rows]
    what = repr((order.version, rows, str(found.after), str(returned)))
    return replace(
        found,
        returned=returned,
        sentence=_sentence(order, found, payment),
        seen=sha256(what.encode()).hexdigest()[:32],
    )


def _sentence(order: Order, found: Check, payment: Payment | None) -> str:
    if order.status in PAYABLE:
        return line_words.to_pay(found.before, found.after)
    return line_words.going_back(found.before - found.after, payment)


def _hold(order: Order, found: Check, actor: str, may_refund: bool) -> None:
    if not found.returned:
        return
    if not may_refund:
        raise IllegalTransition(_("Money goes back with this, and your role may not refund."))
    hold_refund(order, actor, found.returned)
