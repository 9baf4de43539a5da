"""The page of a customer in admin, for members and for guests."""

import uuid
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache

from orders import customers
from orders.customers import Customer
from orders.models import CustomerNote, Order
from orders.staff_input import typed, written
from orders.too_long import kept_if_too_long

SEE = "orders.see_customers"


@never_cache
@kept_if_too_long
def member(request: HttpRequest, user: int) -> HttpResponse:
    """Somebody with an account."""
    _allow(request)
    found = customers.of_member(user)
    if found is None:
        raise Http404
    return _page(request, found)


@never_cache
@kept_if_too_long
def guest(request: HttpRequest, order: int) -> HttpResponse:
    """Whoever placed this order without an account, with every other order under that mail address."""
    _allow(request)
    return _page(request, customers.of_order(get_object_or_404(Order, pk=order)))


def _allow(request: HttpRequest) -> None:
    # Orders and people have rights of their own; whoever may see neither learns nothing of a customer here.
    user: Any = request.user
    if not (user.has_perm(SEE) and user.has_perm("orders.view_order")):
        raise PermissionDenied


def _page(request: HttpRequest, customer: Customer) -> HttpResponse:
    if request.method == "POST":
        _note(request, customer)
        return HttpResponseRedirect(request.path)
    found = customers.known(customer)
    context = {
        **admin.site.each_context(request),
        "title": found.names[0] if found.names else customer.email,
        "known": found,
        "customer": customer,
        "key": uuid.uuid4(),
        "takes_orders": request.user.has_perm("orders.take_order"),  # type: ignore[union-attr]
        "sees_people": request.user.has_perm("accounts.view_user"),  # type: ignore[union-attr]
    }
    return render(request, "admin/orders/customer.html", context)


def _note(request: HttpRequest, customer: Customer) -> None:
    """Keep what was typed, once for each form; or delete a note."""
    if (gone := typed(request, "delete", 18)).isdigit() and gone.isascii():
        CustomerNote.objects.filter(pk=int(gone), email=customer.email).delete()
        return
    try:
        key = uuid.UUID(typed(request, "key", 40))
    except ValueError:
        messages.error(request, _("Please open the page again, then write the note."))
        return
    if text := written(request, "note"):
        defaults = {"email": customer.email, "body": text, "author": request.user}
        CustomerNote.objects.get_or_create(key=key, defaults=defaults)
    else:
        messages.error(request, _("Please write something."))
