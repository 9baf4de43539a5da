"""The mail of a move as the shopper would get it, before anybody makes the move. Nothing is sent or kept."""

from collections.abc import Callable
from dataclasses import dataclass

from django.db import transaction

from events.log.envelope import Received, open_for
from events.models import Event
from orders.locking import locked
from orders.models import Order
from orders.notifications import mail
from orders.notifications.kept_mails import without_token


@dataclass(frozen=True)
class Preview:
    """A mail that was not sent. Like a kept one it has no token in its link."""

    subject: str
    to: str
    html: str
    text: str


def of_move(order: Order, move: Callable[[], Order]) -> Preview | None:
    """The mail that would go if `move` was made; None if none would. Raises what `move` raises.

    The move is made and taken back before anything of it is committed: so the mail says what the move would really do,
    and whatever would refuse the move refuses the preview. Workers hear of an event after the commit alone.
    """
    told = _tried(order, move)
    letter = mail.letter_of(*told) if told else None
    if letter is None:
        return None
    html = str(letter.alternatives[0][0])
    return Preview(str(letter.subject), letter.to[0], without_token(html), without_token(str(letter.body)))


def _tried(order: Order, move: Callable[[], Order]) -> tuple[Order, Received] | None:
    """The order as it would be, and the event that its mail would tell of."""
    with transaction.atomic():
        before = locked(order.ref).version
        move()
        moved = Order.objects.select_related("delivery_method", "user").get(pk=order.pk)
        events = Event.objects.filter(stream=moved.stream, seq__gt=before, type__in=mail.SUBJECTS)
        event = events.order_by("seq").first()
        told = (moved, open_for("mail", event.header, event.sealed)) if event else None
        transaction.set_rollback(True)
    return told
