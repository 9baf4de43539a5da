"""The checkout: everything on one page."""

from decimal import Decimal
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods
from djmoney.money import Money
from moneyed import CurrencyDoesNotExist

from orders import agreement
from orders.access_links import Strength
from orders.checkout import CannotPlace, Details, place_order
from orders.lifecycle import PAYABLE
from orders.models import DeliveryMethod, Order
from orders.moments import day_range
from orders.pages import visitors
from orders.pages.forms import CheckoutForm
from orders.shipping import estimate
from shop.accounts import saved_addresses
from shop.accounts.models import SavedAddress
from shop.cart import cart_review, carts
from shop.lib.addresses import counted_by
from shop.lib.rate_limits import exceeded
from shop.markets import places
from shop.markets.places import COOKIE, here, remember

CONTACT = ("email", "name", "address", "city", "region", "postal_code", "country", "company", "vat_number")
DETAILS = (*CONTACT, "delivery_method", "gateway", "is_gift", "gift_note")


@never_cache
@require_http_methods(["GET", "POST"])
def checkout(request: HttpRequest) -> HttpResponse:
    """Everything on one page; **Place order** leads to the gateway."""
    if request.method == "POST":
        return _place(request)
    form = CheckoutForm(initial=_initial(request), fallback=here(request))
    reviewed = cart_review.review_of(request, form.shown_place)
    if not reviewed.lines:
        messages.info(request, _("Your cart is empty. Put something in, then check out."))
        return redirect("cart:cart")
    if reviewed.blocked:
        return _to_the_cart(request, reviewed)
    form.initial["checkout_key"] = reviewed.cart.checkout_key
    response = _checkout_page(request, form, reviewed)
    cart_review.acknowledge(reviewed)
    return response


def _to_the_cart(request: HttpRequest, reviewed: cart_review.Review) -> HttpResponse:
    """Something cannot be bought as it is: the cart says what, for the country that was asked for."""
    for change in reviewed.changes:
        messages.warning(request, change)
    response = redirect("cart:cart")
    remember(request, response, reviewed.place)
    return response


def _place(request: HttpRequest) -> HttpResponse:
    form = CheckoutForm(request.POST, fallback=here(request))
    if "shape" in request.POST or not form.is_valid():
        # A country was chosen and its fields are wanted, or something must be mended: the page again, as filled in.
        reviewed = cart_review.review_of(request, form.shown_place)
        if not reviewed.lines:
            return _placed_before(request, form) or redirect("cart:cart")
        if "shape" in request.POST:
            if reviewed.blocked:
                return _to_the_cart(request, reviewed)
            data = {name: request.POST.get(name, "") for name in form.fields}
            form = CheckoutForm(initial=data, fallback=here(request))
        response = _checkout_page(request, form, reviewed, status=200 if "shape" in request.POST else 422)
        if form.place:
            remember(request, response, form.place)
        return response
    sent: dict[str, Any] = form.cleaned_data
    agreed_to = agreement.current()
    if request.POST.get("agreed_to", agreement.mark(agreed_to)) != agreement.mark(agreed_to):
        if placed := _placed_before(request, form):
            return placed
        messages.warning(request, _("Our terms have changed since you saw this page. Please look at them once more."))
        return _checkout_page(request, form, cart_review.review_of(request, form.shown_place), status=409)
    if _too_many(request, sent["email"]):
        if placed := _placed_before(request, form):  # the form was sent again
            return placed
        messages.error(request, _("Too many orders came from you within an hour. Please try again a little later."))
        return _checkout_page(request, form, cart_review.review_of(request, form.shown_place), status=429)
    details = Details(
        **{name: sent[name] for name in DETAILS},
        language=get_language() or settings.LANGUAGE_CODE,
        agreed_to=agreed_to,
    )
    try:
        order = place_order(
            carts.id_of(request),
            sent["checkout_key"],
            details,
            user_id=request.user.pk if request.user.is_authenticated else None,
            expected=expected_total(request, details),
        )
    except CannotPlace as refusal:
        return _not_placed(request, form, refusal)
    carts.set_count(request, 0)
    _remember_contact(request, details)
    if sent["save_address"] and request.user.is_authenticated:
        _save_address(request, details)
    visitors.grant(request, order, Strength.ACT)
    response = redirect("orders:pay", order.ref) if order.status in PAYABLE else redirect(order)
    remember(request, response, form.shown_place)
    return response


def _save_address(request: HttpRequest, details: Details) -> None:
    """Keep the address that was typed. The order is placed whether there is room for it or not."""
    names = ("name", "address", "city", "region", "postal_code", "country")
    try:
        saved_addresses.keep(visitors.member(request), {name: getattr(details, name) for name in names})
    except saved_addresses.Full:
        messages.info(request, _("You can keep at most %(most)s addresses.") % {"most": saved_addresses.MOST})


def _not_placed(request: HttpRequest, form: CheckoutForm, refusal: CannotPlace) -> HttpResponse:
    """Say why. Where another total is all that is wrong, the form stays as it was filled in, and shows it."""
    for reason in refusal.reasons:
        messages.warning(request, reason)
    reviewed = cart_review.review_of(request, form.shown_place)
    if refusal.changed and reviewed.lines and not reviewed.blocked:
        response = _checkout_page(request, form, reviewed, status=409)
    else:
        response = redirect("cart:cart" if reviewed.blocked or not reviewed.lines else "orders:checkout")
    cart_review.acknowledge(reviewed)  # they were just told
    remember(request, response, form.shown_place)
    return response


def _too_many(request: HttpRequest, email: str) -> bool:
    counted = [("email", email.lower())]
    if address := counted_by(request):
        counted.append(("address", address))
    found = [exceeded(f"order-by-{kind}", who, settings.ORDERS_PER_HOUR) for kind, who in counted]  # each counts it
    return any(found)


def expected_total(request: HttpRequest, details: Details) -> Money | None:
    """The total that the page showed for the chosen delivery; None if the sender says nothing of what was shown."""
    method = details.delivery_method
    shown = request.POST.get(f"total_{method.pk}", "")
    if not shown:
        return None
    try:
        return Money(_amount(shown), request.POST.get("currency") or method.price.currency)
    except (ArithmeticError, CurrencyDoesNotExist):
        return Money(-1, method.price.currency)  # which is nobody's total


def _amount(text: str) -> Decimal:
    """An amount as the page shows it. Raises `ArithmeticError` for a text that is none, or that no order comes near."""
    amount = Decimal(text) if len(text) <= 20 else Decimal("NaN")
    if not amount.is_finite() or abs(amount) >= 10**12:
        raise ArithmeticError(text[:20])
    return amount


def _placed_before(request: HttpRequest, form: CheckoutForm) -> HttpResponse | None:
    """The order of this form, if it was sent before: shown after the back button, and to who sends it again."""
    key = form.cleaned_data.get("checkout_key") if hasattr(form, "cleaned_data") else None
    order = Order.objects.filter(checkout_key=key).first() if key else None
    return redirect(order) if order is not None and visitors.may_act(request, order) else None


def _checkout_page(
    request: HttpRequest, form: CheckoutForm, reviewed: cart_review.Review, status: int = 200
) -> HttpResponse:
    # What was chosen for another country may not be offered for this one: then it is the first again.
    chosen = _one_of([str(method.pk) for method in form.methods], form["delivery_method"].value())
    region, business = form.region_and_business
    calculation = reviewed.calculation
    methods = [
        {
            "method": method,
            "days": _days(method, form),
            "quote": calculation.quote(method.price, region, business),
            "chosen": str(method.pk) == chosen,
        }
        for method in (form.methods if calculation.goods else ())
    ]
    # Nothing is filled in yet.
    blank = not form.is_bound and form.initial.keys() == {"country", "checkout_key"}
    context = {
        "form": form,
        "blank": blank,
        "review": reviewed,
        "saved_addresses": _saved_addresses(request),
        "methods": methods,
        "quote": next((m["quote"] for m in methods if m["chosen"]), reviewed.quote),
        "place": form.shown_place,
        "agreement": form.agreement,
        "agreed_to": agreement.mark((each.kind, each.number) for each in form.agreement),
        "gateways": _ways_to_pay(form),
        "for_business": not blank and _filled_in(form, "company", "vat_number"),
        "as_gift": not blank and _filled_in(form, "is_gift", "gift_note"),
    }
    return render(request, "orders/checkout.html", context, status=status)


def _filled_in(form: CheckoutForm, *names: str) -> bool:
    """Whether there is anything to see in one of these fields."""
    return any(form[name].value() or form[name].errors for name in names)


def _days(method: DeliveryMethod, form: CheckoutForm) -> str:
    """When it would come, in words."""
    region = form.region_and_business[0]
    found = estimate.promised(method, timezone.localdate(), form.shown_place.country, region)
    days = day_range(found.first, found.last)
    return _("Usually here %(days)s") % {"days": days} if found.measured else _("Arrives %(days)s") % {"days": days}


def _one_of(offered: list[str], chosen: Any) -> str:
    """What was chosen if it is offered, else the first; "" if there is none."""
    return str(chosen) if str(chosen) in offered else next(iter(offered), "")


def _ways_to_pay(form: CheckoutForm) -> list[dict[str, Any]]:
    """What the shopper may choose from; nothing where there is only one."""
    chosen = _one_of([gateway.name for gateway in form.gateways], form["gateway"].value())
    ways = [{"gateway": each, "chosen": each.name == chosen} for each in form.gateways]
    return ways if len(ways) > 1 else []


def _initial(request: HttpRequest) -> dict[str, Any]:
    known = dict(request.session.get("contact", {}))
    if request.user.is_authenticated:
        saved = _chosen(request)
        if saved and (not known or "address" in request.GET):
            known |= saved.fields
        last = Order.objects.filter(user_id=visitors.member(request)).order_by("-placed_at").first()
        if last and not known:
            known = {f: str(getattr(last, f)) for f in ("name", "address", "city", "region", "postal_code", "country")}
        known.setdefault("email", request.user.email)
    place = here(request)
    if "address" in request.GET and places.place(str(known.get("country", ""))):
        return known
    if COOKIE in request.COOKIES or places.place(str(known.get("country", ""))) is None:
        known["country"] = place.country
    return known


def _saved_addresses(request: HttpRequest) -> list[SavedAddress]:
    return list(SavedAddress.objects.filter(user=request.user.pk)) if request.user.is_authenticated else []


def _chosen(request: HttpRequest) -> SavedAddress | None:
    """The saved address that was pressed, or the one to begin with."""
    pressed, found = request.GET.get("address", ""), _saved_addresses(request)
    if pressed:
        return next((each for each in found if str(each.pk) == pressed), None)
    return next((each for each in found if each.is_default), None)


def _remember_contact(request: HttpRequest, details: Details) -> None:
    request.session["contact"] = {name: str(getattr(details, name)) for name in CONTACT if getattr(details, name)}
