"""The work of a bulk move: portions in workers, each order in a transaction of its own together with the cursor.

A worker that dies leaves the cursor at the last order that was committed. The delivery of the event that began the
portion is still open, so the next worker goes on from there.
"""

import logging
import time
from datetime import datetime
from typing import Any

from django.db import InterfaceError, OperationalError, transaction
from django.utils import timezone
from django.utils.translation import get_language, override
from django.utils.translation import gettext as _

from orders.bulk.domain_events import BulkMoveAdvanced, BulkMoveEnded, BulkMoveEvent, BulkMoveStarted
from orders.bulk.selection import Selection
from orders.lifecycle import Actor, IllegalTransition, Status
from orders.locking import locked
from orders.models import BulkMove, BulkRefusal, Order
from orders.transitions import transition

logger = logging.getLogger(__name__)

SECONDS = 2.0
"""How long a portion takes: then other work of the queue has its turn, and whoever watches sees how far it is."""
CHUNK = 50
"""Orders that are looked up at once."""


def start(
    selection: Selection, target: Status, *, permission: str, person: Any, note: str = "", message: str = ""
) -> BulkMove:
    """Begin to move the chosen orders. The same selection begins once, however often somebody presses."""
    with transaction.atomic():
        move, made = BulkMove.objects.get_or_create(
            key=selection.key,
            defaults={
                "person": person,
                "language": get_language() or "en",
                "target": target,
                "permission": permission,
                "query": selection.query,
                "chosen": selection.chosen,
                "newest": selection.newest,
                "asked_at": selection.asked_at,
                "total": selection.total,
                "note": note,
                "message": message,
            },
        )
        if made:
            _emit(move, BulkMoveStarted)
    return move


def stop(pk: int, actor: str) -> bool:
    """Move no more of its orders. False if it had ended before."""
    return _end(pk, BulkMove.State.STOPPED, actor)


def portion(pk: int) -> None:
    """Move its next orders, for a while. Where there are more, an event is emitted that brings the next portion."""
    move = BulkMove.objects.select_related("person").filter(pk=pk).first()
    if move is None or not move.running:
        return
    if not may(move):
        _end(pk, BulkMove.State.NO_RIGHT, "system")
        return
    until = time.monotonic() + SECONDS
    with override(move.language):
        left = _chosen(move).orders(move.person).order_by("pk").values_list("pk", "ref")
        while time.monotonic() < until:
            following = list(left.filter(pk__gt=move.cursor)[:CHUNK])
            if not following:
                _end(pk, BulkMove.State.DONE, move.actor)
                return
            for order, ref in following:
                if time.monotonic() >= until:
                    break
                if not _step(pk, order, ref):
                    return
                move.cursor = order
    with transaction.atomic():
        move = BulkMove.objects.select_for_update().get(pk=pk)
        if move.running:
            _emit(move, BulkMoveAdvanced)


def may(move: BulkMove) -> bool:
    """Whether the person still has the right with which it was started."""
    person = move.person
    return person is not None and person.is_active and person.is_staff and person.has_perm(move.permission)


def _chosen(move: BulkMove) -> Selection:
    return Selection(move.query, move.chosen, move.newest, move.asked_at, move.total, move.key)


def _step(pk: int, order: int, ref: str) -> bool:
    """Move one order. False if this portion has nothing more to do: it was stopped, or another worker is further."""
    with transaction.atomic():
        move = BulkMove.objects.select_for_update().get(pk=pk)
        if not move.running or move.cursor >= order:
            return False
        reason = _refusal(move, ref)
        if reason:
            BulkRefusal.objects.create(move=move, order_id=order, reason=reason)
            move.refused += 1
        else:
            move.done += 1
        move.cursor = order
        move.save(update_fields=["cursor", "done", "refused"])
    return True


def _refusal(move: BulkMove, ref: str) -> str:
    """Take the edge. Returns why that was not possible; nothing of the order is changed then."""
    try:
        with transaction.atomic():
            if _moved_since(locked(ref), move.asked_at):
                raise IllegalTransition(_("%(ref)s moved after the orders were chosen.") % {"ref": ref})
            transition(
                ref,
                Status(move.target),
                by=Actor.STAFF,
                actor=move.actor,
                note=move.note,
                message=move.message,
            )
    except IllegalTransition as refusal:
        return str(refusal)
    except (OperationalError, InterfaceError):
        raise  # the database is away or busy, and the order is not at fault
    except Exception:
        logger.exception("%s could not be moved by bulk move %s", ref, move.pk)
        return _("%(ref)s could not be moved. The shop's log says why.") % {"ref": ref}
    return ""


def _moved_since(order: Order, moment: datetime) -> bool:
    return bool(order.timeline) and datetime.fromisoformat(order.timeline[-1]["at"]) > moment


def _end(pk: int, state: BulkMove.State, actor: str) -> bool:
    with transaction.atomic():
        move = BulkMove.objects.select_for_update().get(pk=pk)
        if not move.running:
            return False
        move.state, move.ended_at = state, timezone.now()
        _emit(move, BulkMoveEnded, actor)
    return True


def _emit(move: BulkMove, kind: type[BulkMoveEvent], actor: str = "") -> None:
    move.record(kind(move=move.progress(), actor=actor or move.actor))
    move.save(update_fields=["state", "ended_at"])
