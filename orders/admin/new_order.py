"""The page on which staff place an order for a customer. Everything is one form, which works without scripts."""

from typing import Any

from django.conf import settings
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from orders import phone_orders
from orders.admin.moves import day
from orders.checkout import CannotPlace, Details
from orders.lifecycle import IllegalTransition
from orders.models import Order
from orders.pages.checkout import CONTACT, DETAILS, expected_total
from orders.pages.forms import CheckoutForm
from orders.phone_orders import Then
from orders.second_orders import First, FirstChanged
from orders.staff_input import typed
from shop.cart import cart_review, carts
from shop.cart.carts import BadQuantity
from shop.cart.models import Cart, CartLine
from shop.catalog import prices
from shop.lib.typed_text import whole_number
from shop.markets.places import here

TAKE = "orders.take_order"
MARK_PAID = "orders.mark_paid"


@never_cache
@require_http_methods(["GET", "POST"])
def page(request: HttpRequest) -> HttpResponse:
    """Put an order together, and place it. Every button sends all that was typed; only one of them places."""
    user: Any = request.user
    if not (user.has_perm(TAKE) and user.has_perm("orders.view_order")):
        raise PermissionDenied
    if request.method == "GET":
        form = CheckoutForm(initial=_initial(request), fallback=here(request))
        return _shown(request, phone_orders.find(request.GET.get("cart", ""), user.pk), form)
    cart = phone_orders.find(typed(request, "cart", 200), user.pk)
    form = CheckoutForm(initial=_sent(request), fallback=here(request))
    cart = _changed(request, cart, form.shown_place.currency)
    if "place" not in request.POST:
        return _shown(request, cart, form)
    return _place(request, cart)


def _initial(request: HttpRequest) -> dict[str, Any]:
    """The contact of an earlier order, where the page was opened for its customer. Of a first one the delivery, too."""
    first = _first(request)
    asked = whole_number(request.GET.get("like", ""))
    earlier = first or (Order.objects.filter(pk=asked).first() if asked is not None else None)
    known = {name: str(getattr(earlier, name)) for name in CONTACT} if earlier else {}
    method = {"delivery_method": str(first.delivery_method_id)} if first else {}
    return {"country": here(request).country, **known, **method}


def _first(request: HttpRequest) -> Order | None:
    """The order that this one belongs to, if the page was opened from its lines."""
    asked = whole_number((request.POST or request.GET).get("first", ""), 18)
    return Order.objects.filter(pk=asked).first() if asked is not None else None


def _sent(request: HttpRequest) -> dict[str, Any]:
    names = (*DETAILS, "checkout_key", "sure_of_email")
    return {name: request.POST[name] for name in names if name in request.POST}


def _changed(request: HttpRequest, cart: Cart | None, currency: str) -> Cart | None:
    """The cart as the form wants it: other quantities, one thing more, another code."""
    wanted = whole_number(typed(request, "add", 18))
    adding = phone_orders.variant(wanted, currency) if wanted is not None else None
    if adding is None and "find" in request.POST:
        adding = phone_orders.exactly(typed(request, "q", 100), currency)
    if cart is None:
        if adding is None:
            return None
        cart = phone_orders.find(phone_orders.begin(request.user.pk or 0), request.user.pk or 0)
    if cart is None:
        return None
    lines = list(CartLine.objects.filter(cart=cart).select_related("variant__product", "variant__stock"))
    prices.attach([line.variant for line in lines], currency)
    for line in lines:
        text = request.POST.get(f"quantity-{line.variant_id}", str(line.quantity))
        if text.strip() != str(line.quantity):
            _put(request, cart, line.variant, text)
    if adding is not None:
        there = next((line.quantity for line in lines if line.variant_id == adding.pk), 0)
        _put(request, cart, adding, str(there + 1))
    if (code := typed(request, "code", 40)) and (said := carts.add_code(cart, code)):
        messages.warning(request, said)
    if gone := typed(request, "remove-code", 40):
        carts.remove_code(cart, gone)
    return cart


def _put(request: HttpRequest, cart: Cart, variant: Any, text: str) -> None:
    try:
        said = carts.put(cart.pk, variant, carts.parse_quantity(text, least=0))
    except BadQuantity as refusal:
        said = str(refusal)
    if said:
        messages.warning(request, said)


def _place(request: HttpRequest, cart: Cart | None) -> HttpResponse:
    form = CheckoutForm(request.POST, fallback=here(request))
    then = typed(request, "then", 10)
    if then not in set(Then) or (then == Then.PAID and not request.user.has_perm(MARK_PAID)):  # type: ignore[union-attr]
        messages.error(request, _("Please choose how it is paid."))
        return _shown(request, cart, form, status=422)
    if cart is None or not form.is_valid():
        return _shown(request, cart, form, status=422)
    sent = form.cleaned_data
    language = typed(request, "language", 10)
    first = _first(request)
    details = Details(
        **{name: sent[name] for name in DETAILS},
        language=language if language in dict(settings.LANGUAGES) else settings.LANGUAGE_CODE,
    )
    try:
        order = phone_orders.place(
            cart,
            sent["checkout_key"],
            details,
            expected=expected_total(request, details),
            clerk=request.user.pk or 0,
            then=Then(then),
            reference=typed(request, "reference", 80),
            received_on=day(typed(request, "received_on", 10)),
            first=First(first.ref, whole_number(typed(request, "first_version", 18))) if first else None,
        )
    except CannotPlace as refusal:
        for reason in refusal.reasons:
            messages.warning(request, reason)
        return _shown(request, cart, form, status=409)
    except IllegalTransition as refusal:
        messages.error(request, str(refusal))
        return _shown(request, cart, form, status=409)
    except FirstChanged as changed:
        said = _("%(ref)s has changed since you looked. Nothing was placed; please look, then place the order again.")
        messages.warning(request, said % {"ref": changed})
        return _shown(request, cart, form, status=409)
    messages.success(request, _("Order %(ref)s is placed.") % {"ref": order.ref})
    return HttpResponseRedirect(order.staff_page)


def _shown(request: HttpRequest, cart: Cart | None, form: CheckoutForm, status: int = 200) -> HttpResponse:
    place, query, first = form.shown_place, typed(request, "q", 100), _first(request)
    region, business = form.region_and_business
    if cart:
        cart.refresh_from_db()
    email = str(form["email"].value() or "")
    reviewed = cart_review.review(cart, place, email) if cart else None
    goods = reviewed and reviewed.lines and reviewed.quote
    chosen = str(form["delivery_method"].value() or "")
    if chosen not in {str(method.pk) for method in form.methods}:
        if chosen and first and not form.is_bound:
            messages.warning(request, _("The way of delivery of %(ref)s is not offered now.") % {"ref": first.ref})
        chosen = str(form.methods[0].pk) if form.methods else ""
    methods = [
        {
            "method": method,
            "quote": reviewed.calculation.quote(method.price, region, business) if goods and reviewed else None,
            "chosen": str(method.pk) == chosen,
        }
        for method in form.methods
    ]
    added = "add" in request.POST or (reviewed and any(row.line.variant.sku == query for row in reviewed.lines))
    context = {
        **admin.site.each_context(request),
        "title": _("Second order of %(ref)s") % {"ref": first.ref} if first else _("New order"),
        "first": first,
        "form": form,
        "cart": phone_orders.sign(cart, request.user.pk or 0) if cart else "",
        "key": cart.checkout_key if cart else "",
        "codes": cart.codes if cart else [],
        "review": reviewed,
        "methods": methods,
        "quote": next((row["quote"] for row in methods if row["chosen"]), None),
        "place": place,
        "query": "" if added else query,
        "found": [] if added else phone_orders.variants(query, place.currency),
        "language": typed(request, "language", 10)
        or (first.language if first else place.market.language or settings.LANGUAGE_CODE),
        "languages": settings.LANGUAGES,
        "then": typed(request, "then", 10) or Then.LINK,
        "may_mark_paid": request.user.has_perm(MARK_PAID),  # type: ignore[union-attr]
        "reference": typed(request, "reference", 80),
        "received_on": typed(request, "received_on", 10),
    }
    return render(request, "admin/orders/new_order.html", context, status=status)
