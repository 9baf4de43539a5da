"""What staff do on an order's page: one address for each thing, one way to answer."""

from collections.abc import Callable
from typing import Any, ClassVar
from urllib.parse import urlencode, urlsplit

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.urls import URLPattern, path
from django.utils.translation import gettext as _

from orders.lifecycle import IllegalTransition
from orders.models import Order
from orders.too_long import kept_if_too_long

NAMED = 5
"""Refused orders that are named after a press for many."""
FILTERS = "_changelist_filters"
"""The name of a parameter that Django gives to the links of a filtered list."""
LONGEST = 500
"""Characters of it that are kept."""


def tell_refused(request: HttpRequest, refused: list[str]) -> None:
    """After a press for many orders: why some were refused, a sentence for each of the first `NAMED`."""
    for said in refused[:NAMED]:
        messages.error(request, said)
    if len(refused) > NAMED:
        messages.error(request, _("%(n)s more were refused.") % {"n": len(refused) - NAMED})


class Acting:
    """The part of `OrderAdmin` that its other parts share. Each part adds its addresses to `addresses`."""

    admin_site: Any
    addresses: ClassVar[tuple[tuple[str, str], ...]] = ()
    """An address below the order's, and the name of the method that answers it."""

    def get_object(self, request: HttpRequest, object_id: str, from_field: Any = None) -> Any:
        """As of `ModelAdmin`."""
        return super().get_object(request, object_id, from_field)  # type: ignore[misc]

    def get_urls(self) -> list[URLPattern]:
        """Every address of every part, before those of Django."""
        own: dict[str, str] = {}
        for part in type(self).__mro__:
            own |= dict(vars(part).get("addresses", ()))
        return [
            *(
                path(f"<path:object_id>/{address}", self._view(name), name=_named(name))
                for address, name in own.items()
            ),
            *super().get_urls(),  # type: ignore[misc]
        ]

    def _view(self, method: str) -> Any:
        return self.admin_site.admin_view(kept_if_too_long(getattr(self, method)))

    def order_of(self, request: HttpRequest, object_id: str) -> Order:
        """The order of an address, for whoever may see orders. Raises `Http404`, `PermissionDenied`."""
        if not request.user.has_perm("orders.view_order"):  # type: ignore[union-attr]
            raise PermissionDenied
        order: Order | None = self.get_object(request, object_id)
        if order is None:
            raise Http404
        return order

    def act(
        self, request: HttpRequest, object_id: str, permission: str, do: Callable[[Order, str], str]
    ) -> HttpResponse:
        """On POST `do(order, actor)`, which returns what is said then; back to the order's page either way.

        What `do` refuses with `IllegalTransition` is said in its words.
        """
        order = self.order_of(request, object_id)
        if not request.user.has_perm(permission):  # type: ignore[union-attr]
            raise PermissionDenied
        if request.method == "POST":
            try:
                said = do(order, f"staff:{request.user.pk}")
            except IllegalTransition as refusal:
                messages.error(request, str(refusal))
            else:
                if said:
                    messages.success(request, said)
        return HttpResponseRedirect(page_of(order, request))


def page_of(order: Order, request: HttpRequest | None = None) -> str:
    """The address of the order's page in admin. With a request: by the way on which staff came to it (`filters`)."""
    kept = filters(request) if request else ""
    return f"{order.staff_page}?{urlencode({FILTERS: kept})}" if kept else order.staff_page


def filters(request: HttpRequest) -> str:
    """How the list was filtered from which staff opened the order, as the list's query.

    A form of the page is sent without it, so that it is read from the address of that page.
    """
    came = request.GET.get(FILTERS) or QueryDict(urlsplit(request.headers.get("Referer", "")).query).get(FILTERS, "")
    return came[:LONGEST]


def _named(method: str) -> str:
    return f"orders_order_{method}"
