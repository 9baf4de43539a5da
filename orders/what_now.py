"""What a shopper can do with an order now, and until when: a part of `orders.presentation.present`."""

from datetime import date, datetime, timedelta
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import override

from orders.domain_events import OrderState
from orders.lifecycle import ENDED, EXPECTED, PAYABLE, UNPACKED, Status
from orders.moments import day_range, moment
from orders.returns.lifecycle import RETURNABLE


def pay_until(state: OrderState) -> datetime:
    """Until when the goods are kept for an order that is not paid."""
    return state.pay_until or state.steps[0].at + timedelta(minutes=settings.PAYMENT_WINDOW_MINUTES)


def can_report_missing(status: Status, state: OrderState, today: date) -> bool:
    """Whether the shopper may say that it has not come: once it should have, and if they have not said so."""
    if state.missing_at is not None:
        return False
    on_its_way = status in EXPECTED or status == Status.OUT_FOR_DELIVERY
    return status == Status.DELIVERED or (on_its_way and today > state.promised_by)


def _can_return(status: Status, state: OrderState, today: date) -> bool:
    """Whether something may have been sent that can come back. (The form knows better: it reads the order.)"""
    if status not in RETURNABLE:
        return False
    return status != Status.DELIVERED or (state.return_until is not None and today <= state.return_until)


def offers(status: Status, state: OrderState, today: date, language: str) -> dict[str, Any]:
    """Each thing that can be done, and what stands beside it."""
    can_return = _can_return(status, state, today)
    last = state.return_until if can_return else None
    with override(language):
        return {
            "pay_until": pay_until(state).isoformat() if status in PAYABLE else "",
            "can_change_address": status in UNPACKED,
            "can_report_missing": can_report_missing(status, state, today),
            "missing": _("You told us %(time)s that it is not there.") % {"time": moment(state.missing_at, language)}
            if state.missing_at
            else "",
            "can_return": can_return,
            "return_until": _("Until %(day)s.") % {"day": day_range(last, last)} if last else "",
            "still_moves": status not in ENDED and status != Status.DELIVERED,
            "can_review": status == Status.DELIVERED,
            "can_order_again": status in ENDED or status in RETURNABLE,
        }
