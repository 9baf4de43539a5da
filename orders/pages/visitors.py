"""Who visits an order's pages: which orders are theirs, and where they watch them."""

from django.db.models import QuerySet
from django.http import Http404, HttpRequest
from django.utils.translation import gettext as _

from events.db.prepared import prepared
from events.live import tickets
from orders import access_links
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


def order_of(request: HttpRequest, ref: str, look_only: bool = False) -> Order:
    """An order this visitor may act on: a member's own, or one whose signed link (or checkout) this session has.

    Any other order gives the same 404 as one that does not exist. Staff who may see orders may look at
    any, and act in admin.
    """
    order = find.first(ref)
    if order is not None and (_is_members(request, order) or order.stream in request.session.get(tickets.GRANTS, ())):
        return order
    if order is not None and look_only and request.user.is_staff and request.user.has_perm("orders.view_order"):
        return order
    raise Http404(_("There is no such order, or it is not yours."))


def home_of(request: HttpRequest, order: Order) -> str:
    """Where this visitor watches the order."""
    return order.get_absolute_url() if _is_members(request, order) else access_links.path(order)
