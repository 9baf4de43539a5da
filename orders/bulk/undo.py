"""Undo of what a list has just moved: one button for all of it, with the sentence that says what was moved.

The button carries the moves in one signed field. `orders.undoing` has the rules by which each order goes back or stays.
"""

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from django.core import signing
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest
from django.middleware.csrf import get_token
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from orders import undoing
from orders.bulk.selection import DAY
from orders.lifecycle import IllegalTransition
from orders.models import Order

SALT = "orders.bulk.undo"


class Moves(NamedTuple):
    """What one press has moved: of each order its reference and the sequence of the move's event.

    `query` is that of the list to which the page returns.
    """

    person: int
    query: str
    moved: Sequence[tuple[str, int]]


def button(request: HttpRequest, orders: Iterable[Order], query: str) -> SafeString:
    """The form that takes back the last move of each of the orders; "" if this person can undo none of them now.

    It carries those too that have to stay, so that the press names them.
    """
    moved = list(orders)
    offers = [offer for order in moved if (offer := undoing.offer(order, request.user))]
    if not offers:
        return SafeString("")
    moves = Moves(request.user.pk or 0, query, [(order.ref, order.timeline[-1]["seq"]) for order in moved])
    return format_html(
        '<form method="post" action="{}" class="db-undo-moves"><input type="hidden" name="csrfmiddlewaretoken" '
        'value="{}"><input type="hidden" name="moves" value="{}"><button data-undo="{}">{} '
        '<span data-undo-left aria-hidden="true"></span></button></form>',
        reverse("admin:orders_order_undo_moves"),
        get_token(request),
        signing.dumps(moves, salt=SALT, compress=True),
        min(offer.seconds for offer in offers),
        _("Undo"),
    )


def opened(sealed: str, person: Any) -> Moves:
    """What a button of this person carried. Raises `signing.BadSignature`."""
    moves = Moves(*signing.loads(sealed, salt=SALT, max_age=DAY))
    if moves.person != person.pk:
        raise signing.BadSignature("a button of somebody else")
    return moves


def take_back(moves: Moves, person: Any) -> tuple[list[Order], list[str]]:
    """Undo each move. Returns the orders that went back, and why others did not, a sentence each.

    Raises `PermissionDenied` if this person has lost the right to one of the moves; nothing is undone then.
    """
    found = Order.objects.in_bulk([ref for ref, _sequence in moves.moved], field_name="ref")
    edges = [undoing.edge_of(found[ref], sequence) for ref, sequence in moves.moved if ref in found]
    if not all(person.has_perm(taken.permission) for taken in edges if taken):
        raise PermissionDenied
    back, refused = [], []
    for ref, sequence in moves.moved:
        try:
            back.append(undoing.undo(ref, sequence, actor=f"staff:{person.pk}"))
        except Order.DoesNotExist:
            refused.append(_("%(ref)s: the order was deleted. There is nothing to undo.") % {"ref": ref})
        except IllegalTransition as refusal:
            refused.append(f"{ref}: {refusal}")
    return back, refused
