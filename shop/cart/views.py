"""The cart page and its changes.

With htmx a change replaces the body of the page; without JavaScript the form posts.
"""

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from events.db.prepared import prepared
from events.live import tickets
from events.models import Log
from shop.cart import cart_review, carts
from shop.cart.models import CartLine
from shop.catalog import prices
from shop.catalog.models import Variant
from shop.lib.returning import came_from
from shop.markets.places import here


def _page(request: HttpRequest, status: int = 200) -> HttpResponse:
    reviewed = cart_review.review_of(request)
    carts.set_count(request, reviewed.count)
    template = "cart/_cart.html" if request.headers.get("HX-Request") else "cart/cart.html"
    context = {"review": reviewed, "epoch": Log.recent_epoch(), "ticket": tickets.issue(request)}
    response = render(request, template, context, status=status)
    cart_review.acknowledge(reviewed)
    return response


@never_cache
@require_GET
def cart(request: HttpRequest) -> HttpResponse:
    """The cart, with what has changed since the shopper last saw it."""
    return _page(request)


@never_cache
@require_GET
def count(request: HttpRequest) -> HttpResponse:
    """How many things are in it: the number beside **Cart**, for a page that comes back from the browser's cache."""
    return render(request, "cart/_count.html", {"count": carts.count(request)})


@prepared
def _variant(pk: int, currency: str) -> QuerySet[Variant]:
    return prices.joined(QuerySet(Variant).filter(pk=pk).select_related("product", "stock").order_by(), currency)


@require_POST
def add(request: HttpRequest) -> HttpResponse:
    key, currency = request.POST.get("variant", ""), here(request).currency
    variant = _variant.first(int(key), currency) if key.isascii() and key.isdigit() and len(key) < 16 else None
    if variant is None or variant.product.unpublished or not variant.active:
        messages.error(request, _("Please choose what to add."))
        return redirect(came_from(request))
    try:
        quantity = carts.parse_quantity(request.POST.get("quantity", "1"))
        prices.give([variant], prices.joined_to([variant]))
        told = carts.add(request, variant, quantity)
    except carts.BadQuantity as refusal:
        messages.error(request, str(refusal))
        return redirect(variant.product.get_absolute_url())
    messages.success(request, told or _("%(title)s is in your cart.") % {"title": variant})
    return redirect("cart:cart")


@require_POST
def change(request: HttpRequest, line_id: int) -> HttpResponse:
    """Change the quantity of a line, or remove it."""
    found = carts.find(request)
    lines = CartLine.objects.filter(cart=found).select_related("cart", "variant__product", "variant__stock")
    priced = prices.joined(lines, here(request).currency, "variant__prices")
    line = priced.filter(pk=line_id).first() if found else None
    if line is None:  # the button was pressed twice, or the line is a neighbour's
        messages.info(request, _("This is no longer in your cart."))
        return _page(request) if request.headers.get("HX-Request") else redirect("cart:cart")
    status = 200
    try:
        quantity = 0 if "remove" in request.POST else carts.parse_quantity(request.POST.get("quantity", ""), least=0)
        prices.give([line.variant], prices.joined_to([line]))
        if told := carts.set_quantity(line, quantity):
            messages.warning(request, told)
    except carts.BadQuantity as refusal:
        messages.error(request, str(refusal))
        status = 422
    if request.headers.get("HX-Request"):
        return _page(request, status)
    carts.remember_count(request, line.cart)
    return redirect("cart:cart")


@require_POST
def code(request: HttpRequest) -> HttpResponse:
    """Add a voucher code to the cart, or remove one. Whether it applies, the cart says."""
    typed = request.POST.get("code", "")
    if found := carts.find(request):
        if "remove" in request.POST:
            carts.remove_code(found, request.POST["remove"])
        elif refusal := carts.add_code(found, typed):
            messages.error(request, refusal)
    else:
        messages.info(request, _("Your cart is empty."))
    return _page(request) if request.headers.get("HX-Request") else redirect("cart:cart")
