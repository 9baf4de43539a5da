"""Lines of a bank statement find their orders: by the reference, if the amount is right to the cent.

What does not fit is kept as a problem, and staff book it to an order, or set it aside, with one button.
"""

import re
from collections.abc import Iterable

from django.db import transaction
from django.utils.translation import gettext as _
from djmoney.money import Money

from orders import refs
from orders.lifecycle import ENDED, PAYABLE, IllegalTransition
from orders.models import Order
from orders.payments import service as payments
from orders.payments.gateways.bank.gateway import BankTransfer
from orders.payments.gateways.bank.models import BankLine
from orders.payments.gateways.bank.statements import Line

Problem, State = BankLine.Problem, BankLine.State


def take(lines: Iterable[Line], actor: str) -> dict[str, int]:
    """Keep each line once, and book those that fit. Returns how many were new, booked, and wait for staff."""
    counts = {"new": 0, "booked": 0, "problem": 0}
    for line in lines:
        with transaction.atomic():
            kept, fresh = BankLine.objects.get_or_create(
                key=line.key,
                defaults={
                    "day": line.day,
                    "amount": Money(line.amount, line.currency),
                    "text": line.text.replace("\0", ""),
                    "name": line.name.replace("\0", ""),
                    "actor": actor,
                },
            )
            if fresh:
                counts["new"] += 1
                counts["booked" if _match(kept, actor) else "problem"] += 1
    return counts


def named_in(text: str) -> list[Order]:
    """The orders whose reference stands in the text, however typed: in small letters, in pieces, with O for 0."""
    squeezed = re.sub(r"[^0-9A-Z]", "", text.upper())
    length = 2 * refs.HALF
    windows = {refs.normalize(squeezed[n : n + length]) for n in range(len(squeezed) - length + 1)}
    return list(Order.objects.filter(ref__in=[ref for ref in windows if refs.is_ref(ref)]).order_by("pk"))


def _match(line: BankLine, actor: str) -> bool:
    """Book the line if it fits one order. Whether it did."""
    found = named_in(line.text)
    if len(found) != 1:
        line.problem = Problem.SEVERAL if found else Problem.UNKNOWN
        line.save(update_fields=["problem"])
        return False
    order = found[0]
    line.order = order
    if order.status in ENDED:
        line.problem = Problem.ENDED
    elif order.status not in PAYABLE:
        line.problem = Problem.TWICE
    elif line.amount != order.total - (order.captured - order.refunded):
        line.problem = Problem.AMOUNT
    if line.problem:
        line.save(update_fields=["order", "problem"])
        return False
    _book(line, order.ref, "bank")
    return True


def _book(line: BankLine, ref: str, actor: str) -> None:
    line.payment = payments.book_transfer(
        ref,
        line.amount,
        gateway=BankTransfer.name,
        reference=f"{line.name} {line.text}".strip(),
        received_on=line.day,
        actor=actor,
    )
    line.order, line.state, line.actor = line.payment.order, State.BOOKED, actor
    line.save(update_fields=["order", "payment", "state", "actor"])


def assign(pk: int, ref: str, actor: str) -> BankLine:
    """Staff know whose money it is. What the order does not need is to be returned; what it lacks it waits for.

    Raises `IllegalTransition`: there is no such order, another currency, or somebody was faster.
    """
    with transaction.atomic():
        line = BankLine.objects.select_for_update().get(pk=pk)
        if line.state == State.BOOKED:
            raise IllegalTransition(_("This line is booked already."))
        order = Order.objects.filter(ref=refs.normalize(ref)).first()
        if order is None:
            raise IllegalTransition(_("There is no order %(ref)s.") % {"ref": ref[:30]})
        if order.total.currency != line.amount.currency:
            raise IllegalTransition(
                _("The order is in %(currency)s, the money is not.") % {"currency": order.total.currency}
            )
        _book(line, order.ref, actor)
        return line


def set_aside(pk: int, actor: str) -> BankLine:
    """It is none of the shop's money for orders, such as interest. Raises `IllegalTransition` once it is booked."""
    with transaction.atomic():
        line = BankLine.objects.select_for_update().get(pk=pk)
        if line.state == State.BOOKED:
            raise IllegalTransition(_("This line is booked already."))
        line.state, line.actor = State.SET_ASIDE, actor
        line.save(update_fields=["state", "actor"])
        return line
