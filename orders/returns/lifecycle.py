"""The life of a return: one table of states, one of edges, as the order's (`orders.lifecycle`)."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from orders.domain_events import (
    ReturnApproved,
    ReturnEvent,
    ReturnExchanged,
    ReturnReceived,
    ReturnRefunded,
    ReturnRefused,
    ReturnSent,
    ReturnWithdrawn,
)
from orders.lifecycle import Actor, Status


class State(StrEnum):
    """How far a return is."""

    REQUESTED = "requested"
    APPROVED = "approved"
    ON_ITS_WAY = "on_its_way"
    RECEIVED = "received"
    REFUNDED = "refunded"
    EXCHANGED = "exchanged"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True)
class Words:
    """A state in words: `label` for lists, `sentence` for the shopper."""

    label: Promise
    sentence: Promise


WORDS: dict[State, Words] = {
    State.REQUESTED: Words(_("asked for"), _("We look at it and answer soon.")),
    State.APPROVED: Words(_("agreed"), _("Please put the label on the parcel and send it to us.")),
    State.ON_ITS_WAY: Words(_("on its way to us"), _("We tell you when it is here.")),
    State.RECEIVED: Words(_("received"), _("It is here, and we look at the goods.")),
    State.REFUNDED: Words(_("paid back"), _("Your money is on its way back to you.")),
    State.EXCHANGED: Words(_("exchanged"), _("A replacement is being packed for you.")),
    State.REFUSED: Words(_("refused"), _("We cannot take it back.")),
    State.WITHDRAWN: Words(_("withdrawn"), _("You keep the goods.")),
}

OPEN: frozenset[State] = frozenset({State.REQUESTED, State.APPROVED, State.ON_ITS_WAY, State.RECEIVED})
"""The states in which somebody has something to do."""


RETURNABLE = (Status.PARTLY_SHIPPED, Status.SHIPPED, Status.OUT_FOR_DELIVERY, Status.DELIVERED)
"""The statuses of an order of which something can come back."""


@dataclass(frozen=True)
class Edge:
    """One legal step. `verb` is what the button says."""

    source: State
    target: State
    event: type[ReturnEvent]
    verb: Promise
    by: frozenset[Actor]
    permission: str = "orders.change_order"


def _edges(
    sources: Iterable[State],
    target: State,
    event: type[ReturnEvent],
    verb: Promise,
    by: Iterable[Actor],
    permission: str = "orders.change_order",
) -> list[Edge]:
    return [Edge(source, target, event, verb, frozenset(by), permission) for source in sources]


S, A = State, Actor
MONEY = "orders.refund_order"

EDGES: tuple[Edge, ...] = (
    *_edges([S.REQUESTED], S.APPROVED, ReturnApproved, _("Agree"), [A.STAFF, A.SYSTEM], MONEY),
    *_edges([S.REQUESTED, S.RECEIVED], S.REFUSED, ReturnRefused, _("Refuse"), [A.STAFF], MONEY),
    *_edges([S.REQUESTED, S.APPROVED], S.WITHDRAWN, ReturnWithdrawn, _("Keep the goods"), [A.SHOPPER]),
    *_edges([S.APPROVED], S.ON_ITS_WAY, ReturnSent, _("I have sent it"), [A.SHOPPER]),
    *_edges([S.APPROVED, S.ON_ITS_WAY], S.RECEIVED, ReturnReceived, _("Received"), [A.STAFF]),
    *_edges([S.RECEIVED], S.REFUNDED, ReturnRefunded, _("Pay back"), [A.STAFF], MONEY),
    *_edges([S.RECEIVED], S.EXCHANGED, ReturnExchanged, _("Send a replacement"), [A.STAFF]),
)


def edge(source: str, target: str) -> Edge | None:
    """The edge between two states, if it is legal."""
    return next((e for e in EDGES if e.source == source and e.target == target), None)


def edges_from(source: str, actor: Actor) -> list[Edge]:
    """What `actor` may do with a return in `source`, in the order of the table."""
    return [e for e in EDGES if e.source == source and actor in e.by]
