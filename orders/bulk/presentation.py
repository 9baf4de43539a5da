"""A bulk move in words of the active language."""

from typing import Any

from django.utils.translation import gettext as _

from orders.bulk.domain_events import BulkMoveState
from orders.models import BulkMove


def present(move: BulkMoveState) -> dict[str, Any]:
    """The `d` of a frame, and the context of its page."""
    worked, state = move.done + move.refused, BulkMove.State(move.state)
    running = state is BulkMove.State.RUNNING
    return {
        "status": move.state,
        "label": str(state.label),
        "sentence": sentence(move),
        "running": "1" if running else "",
        "worked": str(worked),
        "total": str(max(move.total, worked)),
    }


def sentence(move: BulkMoveState) -> str:
    """How many moved, and how many did not."""
    parts = [_("%(n)s done") % {"n": move.done}]
    if move.refused:
        parts.append(_("%(n)s not") % {"n": move.refused})
    missing = max(0, move.total - move.done - move.refused)
    if missing and move.state == BulkMove.State.RUNNING:
        parts.append(_("%(n)s to do") % {"n": missing})
    elif missing and move.state == BulkMove.State.DONE:
        parts.append(_("%(n)s left the list meanwhile") % {"n": missing})
    elif missing:
        parts.append(_("%(n)s were not reached") % {"n": missing})
    return ", ".join(parts)
