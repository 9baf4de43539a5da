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

from orders.access_links import Strength
from orders.checkout import CannotPlace, Details, place_order
from orders.lifecycle import PAYABLE
from orders.models import Order, promised
from orders.pages import visitors
from orders.pages.forms import CheckoutForm
from orders.presentation import day_range
from shop.cart import cart_review, carts
from shop.lib.addresses import counted_by
from shop.lib.rate_limits import exceeded


@never_cache
@require_http_methods(["GET", "POST"])
def checkout(request: HttpRequest) -> HttpResponse:
    """Everything on one page; **Place order** leads to the gateway."""
    if request.method == "POST":
        return _place(request)
    reviewed = cart_review.review_of(request)
    if not reviewed.lines:
        messages.info(request, _("Your cart is empty. Put something in, then check out."))
        return redirect("cart:cart")
    if reviewed.blocked:
        for change in reviewed.changes:
            messages.warning(request, change)
        return redirect("cart:cart")
    form = CheckoutForm(initial=_initial(request) | {"checkout_key": reviewed.cart.checkout_key})
    response = _checkout_page(request, form, reviewed)
    cart_review.acknowledge(reviewed)
    return response


def _place(request: HttpRequest) -> HttpResponse:
    form = CheckoutForm(request.POST)
    if "shape" in request.POST or not form.is_valid():
        # A country was chosen and its fields are wanted, or something must be mended: the page again, as filled in.
        reviewed = cart_review.review_of(request)
        if not reviewed.lines:
            return _placed_before(request, form) or redirect("cart:cart")
        if "shape" in request.POST:
            data = {name: request.POST.get(name, "") for name in form.fields}
            form = CheckoutForm(initial=data)
        return _checkout_page(request, form, reviewed, status=200 if "shape" in request.POST else 422)
    sent: dict[str, Any] = form.cleaned_data
    if _too_many(request, sent["email"]):
        if placed := _placed_before(request, form):  # the form was sent again
            return placed
        messages.error(request, _("Too many orders came from you within an hour. Please try again a little later."))
        return _checkout_page(request, form, cart_review.review_of(request), status=429)
    details = Details(
        email=sent["email"],
        name=sent["name"],
        address=sent["address"],
        city=sent["city"],
        region=sent["region"],
        postal_code=sent["postal_code"],
        country=sent["country"],
        delivery_method=sent["delivery_method"],
        language=get_language() or settings.LANGUAGE_CODE,
    )
    expected = _expected(request, sent)
    try:
        order = place_order(
            carts.id_of(request),
            sent["checkout_key"],
            details,
            user_id=request.user.pk if request.user.is_authenticated else None,
            expected=expected,
        )
    except CannotPlace as refusal:
        for reason in refusal.reasons:
            messages.warning(request, reason)
        reviewed = cart_review.review_of(request)
        cart_review.acknowledge(reviewed)  # they were just told
        return redirect("cart:cart" if reviewed.blocked or not reviewed.lines else "orders:checkout")
    carts.set_count(request, 0)
    _remember_contact(request, details)
    visitors.grant(request, order, Strength.ACT)
    return redirect("orders:pay", order.ref) if order.status in PAYABLE else redirect(order)


def _too_many(request: HttpRequest, email: str) -> bool:
    counted = [("email", email.lower())]
    if address := counted_by(request):
        counted.append(("address", address))
    found = [exceeded(f"order-by-{kind}", who, settings.ORDERS_PER_HOUR) for kind, who in counted]  # each counts it
    return any(found)


def _expected(request: HttpRequest, sent: dict[str, Any]) -> Money | None:
    """The total that the page showed for the chosen delivery; None if the sender says nothing of what was shown."""
    shown = request.POST.get(f"shown_{sent['delivery_method'].pk}", "")
    if not sent["expected"] and not shown:
        return None
    try:
        total = _amount(sent["expected"]) + (_amount(shown) if shown else sent["delivery_method"].price.amount)
    except ArithmeticError:
        total = Decimal("-1")  # which is nobody's total
    return Money(total, settings.DEFAULT_CURRENCY)


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
    today = timezone.localdate()
    chosen = str(form["delivery_method"].value() or (form.methods[0].pk if form.methods else ""))
    methods = [
        {
            "method": method,
            "days": day_range(*promised(method, today)),
            "total": reviewed.total + method.price,
            "chosen": str(method.pk) == chosen,
        }
        for method in form.methods
    ]
    context = {
        "form": form,
        # Nothing is filled in yet: the same fields for everybody, written once.
        "blank": not form.is_bound and form.initial.keys() == {"country", "checkout_key"},
        "review": reviewed,
        "methods": methods,
        "total": next((m["total"] for m in methods if m["chosen"]), reviewed.total),
    }
    return render(request, "orders/checkout.html", context, status=status)


def _initial(request: HttpRequest) -> dict[str, Any]:
    known = dict(request.session.get("contact", {}))
    if request.user.is_authenticated:
        last = Order.objects.filter(user_id=visitors.member(request)).order_by("-placed_at").first()
        if last and not known:
            known = {f: str(getattr(last, f)) for f in ("name", "address", "city", "region", "postal_code", "country")}
        known.setdefault("email", request.user.email)
    known.setdefault("country", settings.DEFAULT_COUNTRY)
    return known


def _remember_contact(request: HttpRequest, details: Details) -> None:
    fields = ("email", "name", "address", "city", "region", "postal_code", "country")
    request.session["contact"] = {f: str(getattr(details, f)) for f in fields}
