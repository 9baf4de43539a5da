"""An order's state in words: the `d` of its live frames, and what its page shows. The same function makes both."""

from datetime import date, datetime
from typing import Any

from django.utils import formats, timezone
from django.utils.translation import gettext as _
from django.utils.translation import override

from orders.domain_events import OrderState, Scan
from orders.lifecycle import PATH, PAYABLE, WORDING, Actor, Status, edges_from, label
from orders.models import Scan as ScanModel

ENDED = frozenset({Status.CANCELLED, Status.REFUNDED})
PROMISING = frozenset({Status.PAID, Status.PREPARING, Status.SHIPPED})
_SCANS = dict(ScanModel.Kind.choices)


def day_range(first: date, last: date) -> str:
    """Two days as a shopper reads them: "Thu 26 – Fri 27 Nov", in the active language."""

    def words(day: date) -> str:
        return formats.date_format(day, _("D j M"))

    return words(first) if first == last else f"{words(first)} – {words(last)}"


def moment(at: datetime) -> str:
    """A time as a shopper reads it, in the shop's time zone."""
    return formats.date_format(timezone.localtime(at), _("j M, H:i"))


def present(state: OrderState, language: str) -> dict[str, Any]:
    """All that an order page shows and that can change.

    `steps` are all the rows that the timeline may ever have, with `state` done, now, next, or hidden: a page has them all
    from the beginning, and a frame only changes what they say.
    """
    with override(language):
        status = Status(state.status)
        wording = WORDING[status]
        return {
            "ref": state.ref,
            "status": status.value,
            "label": str(wording.label),
            "sentence": str(wording.sentence),
            "next": str(wording.next),
            "promised": _("Expected %(days)s") % {"days": day_range(state.promised_from, state.promised_by)}
            if status in PROMISING
            else "",
            "steps": _steps(state),
            "can_pay": status in PAYABLE,
            "can_cancel": any(e.target == Status.CANCELLED for e in edges_from(status, Actor.SHOPPER)),
            "carrier": f"{state.parcel.carrier} · {state.parcel.tracking}" if state.parcel else "",
            "scans": [_scan(scan) for scan in reversed(state.parcel.scans)] if state.parcel else [],
        }


def _scan(scan: Scan) -> dict[str, str]:
    return {
        "label": str(_SCANS[ScanModel.Kind(scan.kind)]),
        "place": scan.place,
        "at": scan.at.isoformat(),
        "at_text": moment(scan.at),
    }


def _steps(state: OrderState) -> list[dict[str, Any]]:
    status = Status(state.status)
    reached: dict[str, datetime] = {}
    for step in state.steps:
        reached.setdefault(step.status, step.at)
    last_on_path = max((PATH.index(Status(s)) for s in reached if s in PATH), default=-1)
    ended = status in ENDED
    rows: list[dict[str, Any]] = []
    for place, member in enumerate(PATH):
        at = reached.get(member)
        if member == status:
            mode = "now"
        elif at or place < last_on_path:
            mode = "done"
        else:
            mode = "hidden" if ended else "next"
        rows.append(_row(member, mode, at))
        if member == Status.PLACED:
            failed = status == Status.PAYMENT_FAILED
            latest = max((s.at for s in state.steps if s.status == Status.PAYMENT_FAILED), default=None)
            rows.append(_row(Status.PAYMENT_FAILED, "now" if failed else "hidden", latest if failed else None))
    for member in (Status.CANCELLED, Status.REFUNDED):
        at = reached.get(member)
        rows.append(_row(member, "now" if member == status else "done" if at else "hidden", at))
    return rows


def _row(status: Status, mode: str, at: datetime | None) -> dict[str, Any]:
    return {
        "key": status.value,
        "label": label(status),
        "state": mode,
        "at": at.isoformat() if at else "",
        "at_text": moment(at) if at else "",
    }
