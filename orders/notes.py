"""Internal notes on an order, without a move."""

import uuid

from django.db import transaction
from django.utils.translation import gettext as _

from orders.domain_events import OrderNoted
from orders.lifecycle import IllegalTransition
from orders.locking import locked
from orders.models import OrderNote


def keep(ref: str, text: str, key: str, actor: str) -> bool:
    """Keep a note, once for each `key`, which its form carries. Returns whether it is new.

    Raises `IllegalTransition` for a text without a word, or a key that no form of ours has made.
    """
    if not text:
        raise IllegalTransition(_("Please write something."))
    try:
        made = uuid.UUID(key)
    except ValueError as e:
        raise IllegalTransition(_("Please open the page again, then write the note.")) from e
    with transaction.atomic():
        order = locked(ref)
        note, new = OrderNote.objects.get_or_create(key=made, defaults={"order": order, "body": text})
        if new:
            order.record(OrderNoted(**order.facts(actor), note=note.pk))
            order.save(update_fields=["version"])
        return new
