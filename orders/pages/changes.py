"""The pages on which a shopper changes an order under way: its address, that it is not there, and the same again."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from orders import changes
from orders.lifecycle import UNPACKED, IllegalTransition
from orders.models import Order
from orders.pages import visitors
from orders.pages.forms import AddressForm
from shop.cart import carts
from shop.catalog import prices
from shop.markets.places import here


@never_cache
@require_http_methods(["GET", "POST"])
def address(request: HttpRequest, ref: str) -> HttpResponse:
    """Another address in the same country, as long as nobody packs the order. Checked as at checkout."""
    order = visitors.order_of(request, ref)
    home = order.get_absolute_url()
    if order.status not in UNPACKED:
        messages.warning(request, _("It is too late to change the address: this order is being packed or has left."))
        return redirect(home)
    form = _form(request, order)
    if request.method == "POST" and form.is_valid():
        try:
            changed = changes.change_address(order.ref, {name: form.cleaned_data[name] for name in changes.ADDRESS})
        except IllegalTransition as refusal:
            form.add_error(None, str(refusal))
        else:
            if changed:
                messages.success(request, _("The order goes to the new address."))
            return redirect(home)
    context = {"order": order, "form": form, "home": home}
    return render(request, "orders/address_form.html", context, status=422 if form.errors else 200)


def _form(request: HttpRequest, order: Order) -> AddressForm:
    country = order.country.code
    known = {name: getattr(order, name) for name in changes.ADDRESS} | {"country": country}
    data = request.POST.dict() | {"country": country} if request.method == "POST" else None
    return AddressForm(data, initial=known, fallback=here(request))


@never_cache
@require_http_methods(["GET", "POST"])
def missing(request: HttpRequest, ref: str) -> HttpResponse:
    """**Not there?**: where to look first; then staff are told."""
    order = visitors.order_of(request, ref)
    home = order.get_absolute_url()
    if request.method == "GET":
        parcels = order.state().parcels
        return render(request, "orders/missing.html", {"order": order, "home": home, "parcels": parcels})
    try:
        changes.report_missing(order.ref)
    except IllegalTransition as refusal:
        messages.info(request, str(refusal))
    return redirect(home)


@never_cache
@require_POST
def again(request: HttpRequest, ref: str) -> HttpResponse:
    """Put the same things into the cart, at today's prices. What is not there any more is named."""
    order = visitors.order_of(request, ref)
    lines = list(order.lines.select_related("variant__product", "variant__stock"))
    prices.attach([line.variant for line in lines if line.variant], here(request).currency)
    for line in lines:
        if line.variant is None:
            messages.warning(request, _("%(title)s is no longer for sale.") % {"title": line.title})
            continue
        try:
            if told := carts.add(request, line.variant, line.quantity):
                messages.warning(request, told)
        except carts.BadQuantity as refusal:
            messages.warning(request, str(refusal))
    return redirect("cart:cart")
