"""The board in words of one language: the `d` of its frames and the context of its page."""

from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from orders.board.read import CARDS, COLUMNS, Board
from orders.lifecycle import Status, label
from orders.models import Order
from orders.queues.table import is_late


def present(board: Board) -> dict[str, Any]:
    """The `d` of the board's frames and the context of its page."""
    busy = [second for second in board.pulse if second.handled]
    return {
        "at": board.at.isoformat(),
        "status": "board",
        "label": _("Board"),
        "rate": round(sum(second.handled for second in board.pulse[-5:]) / 5, 1),
        "p50": round(sum(s.p50 * s.handled for s in busy) / sum(s.handled for s in busy), 1) if busy else 0,
        "p99": max((second.p99 for second in busy), default=0),
        "oldest": round(board.oldest, 1),
        "dead_letters": board.dead_letters,
        "waiting": board.waiting,
        "sockets": board.sockets,
        "late": board.late,
        "pulse": [[second.handled, second.p50, second.p99] for second in board.pulse],
        "newest": [_card(order, board.at) for order in board.newest],
        "columns": [
            {
                "key": status.value,
                "label": label(status),
                "count": board.counts[status],
                "more": max(0, board.counts[status] - CARDS),
                "cards": [_card(order, board.at) for order in board.columns[status]],
            }
            for status in COLUMNS
        ],
    }


def _card(order: Order, now: datetime) -> dict[str, Any]:
    return {
        "ref": order.ref,
        "url": order.staff_page,
        "total": str(order.total),
        "place": f"{order.city}, {order.country.code}",
        "label": label(Status(order.status)),
        "age": _age(now - order.placed_at),
        "late": _("late") if is_late(order, timezone.localdate(now)) else "",
    }


def _age(since: timedelta) -> str:
    minutes = max(0, int(since.total_seconds() // 60))
    if minutes < 60:
        return _("%(n)s min") % {"n": minutes}
    if minutes < 60 * 48:
        return _("%(n)s h") % {"n": minutes // 60}
    return _("%(n)s days") % {"n": minutes // 60 // 24}
