"""Who visits an order's pages: which orders are theirs, and where they watch them."""

from collections.abc import Callable

from django.db.models import QuerySet
from django.http import Http404, HttpRequest
from django.utils.translation import gettext as _

from events.db.prepared import prepared
from events.live import tickets
from orders import access_links, refs
from orders.access_links import Strength
from orders.models import Order


def member(request: HttpRequest) -> int:
    """The signed-in user's id; 0, which nobody has, for a guest."""
    return request.user.pk or 0


@prepared
def find(ref: str) -> QuerySet[Order]:
    """The order with this reference, whoever asks; it decides nothing."""
    return QuerySet(Order).filter(ref=ref).select_related("delivery_method").order_by()


def _is_members(request: HttpRequest, order: Order) -> bool:
    return request.user.is_authenticated and order.user_id == request.user.pk


def grant(request: HttpRequest, order: Order, strength: Strength) -> None:
    """Let this session see the order, or act on it, as a link of that strength does."""
    name = access_links.grant(order.stream, order.link_version, strength)
    tickets.grant(request, name, access_links.GRANT_SECONDS)


def may_act(request: HttpRequest, order: Order) -> bool:
    """Whether the order is this member's own, or a link (or the checkout) let this session act on it."""
    return _is_members(request, order) or _has_link(request, order, Strength.ACT)


def may_look(request: HttpRequest, order: Order) -> bool:
    """Whether this visitor may see how the order moves."""
    return may_act(request, order) or _has_link(request, order, Strength.LOOK)


def may_read(request: HttpRequest, order: Order) -> bool:
    """Whether this visitor may also see address and prices. Staff who may see orders may look at any."""
    return may_act(request, order) or (request.user.is_staff and request.user.has_perm("orders.view_order"))


def may_see(request: HttpRequest, order: Order) -> bool:
    """Whether this visitor gets the order's page, with or without address and prices."""
    return may_look(request, order) or may_read(request, order)


def _has_link(request: HttpRequest, order: Order, strength: Strength) -> bool:
    return access_links.grant(order.stream, order.link_version, strength) in tickets.granted(request.session)


def address_by_number(request: HttpRequest, typed: str) -> str:
    """The address of the order whose number somebody typed, if they may see it; "" otherwise."""
    ref = refs.normalize(typed)
    order = find.first(ref) if refs.is_ref(ref) else None
    return order.get_absolute_url() if order is not None and may_see(request, order) else ""


def order_of(request: HttpRequest, ref: str, may: Callable[[HttpRequest, Order], bool] = may_act) -> Order:
    """An order on which this visitor may act; with another rule, such as `may_look`, one for which that rule holds.

    Any other order gives the same 404 as one that does not exist.
    """
    order = find.first(ref)
    if order is not None and may(request, order):
        return order
    raise Http404(_("There is no such order, or it is not yours."))
