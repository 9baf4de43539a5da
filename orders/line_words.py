"""What a change of an order's lines means, in words: for staff before it is made, for the shopper afterwards."""

from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from orders.domain_events import LineChange, LinesChange
from orders.models import Payment
from shop.pricing.amounts import money


def short(title: str, wanted: int, left: int) -> str:
    """There is not enough of something that comes in."""
    words = ngettext(
        "%(left)s more of %(title)s is in stock, not %(wanted)s.",
        "%(left)s more of %(title)s are in stock, not %(wanted)s.",
        left,
    )
    return words % {"left": left, "title": title, "wanted": wanted}


def to_pay(before: Any, after: Any) -> str:
    """Of an order that waits for its money."""
    if not after:
        return _("Nothing is to be paid any more.")
    link = _("The customer gets a link to pay; the goods are kept for 48 hours.")
    if after == before:
        return f"{_('The same is to be paid.')} {link}"
    words = _("%(amount)s more is to be paid.") if after > before else _("%(amount)s less is to be paid.")
    return f"{words % {'amount': abs(after - before)}} {link}"


def going_back(returned: Any, payment: Payment | None) -> str:
    """Of an order that is paid; `payment` is the one that the money goes back of."""
    if payment is None:
        return _("Nothing changes in the money.")
    if payment.by_hand:
        words = _("%(amount)s goes back, and came past the gateways: please return it yourself, then say so.")
    elif payment.state == Payment.State.AUTHORISED:
        words = _("%(amount)s is authorised and not taken yet; it is never taken.")
    else:
        words = _("%(amount)s is returned by the gateway that took it (%(gateway)s).")
    return words % {"amount": returned, "gateway": payment.gateway}


def _one(change: LineChange) -> str:
    names = {"title": change.title, "before": change.before, "after": change.after}
    if not change.after:
        return _("%(title)s taken out") % names
    if not change.before:
        return _("%(after)s × %(title)s added") % names
    return _("%(after)s × %(title)s instead of %(before)s") % names


def told(change: LinesChange) -> str:
    """What was changed, for whoever may see the order: no amounts."""
    return _("We have changed your order: %(what)s.") % {"what": ", ".join(map(_one, change.lines))}


def costs(change: LinesChange) -> str:
    """What it costs now, for the shopper alone."""
    sums = {"now": money(change.after.minor, change.after.currency)}
    if change.returned:
        sums["back"] = money(change.returned.minor, change.returned.currency)
        return _("It costs %(now)s now; %(back)s goes back to you.") % sums
    return _("It costs the same.") if change.before == change.after else _("It costs %(now)s now.") % sums


def noted(change: LinesChange) -> str:
    """For the staff's timeline: each line and the sum, old → new."""
    lines = [f"{each.before} → {each.after} × {each.title}" for each in change.lines]
    sums = [str(money(each.minor, each.currency)) for each in (change.before, change.after)]
    return ", ".join([*lines, " → ".join(sums)])
