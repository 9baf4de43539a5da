"""The pages of an order, from checkout to the doorbell."""

from decimal import Decimal
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_GET, require_http_methods, require_POST
from djmoney.money import Money

from events.db.prepared import prepared
from events.live import tickets
from events.models import Log
from orders import access_links, money
from orders.checkout import CannotPlace, Details, place_order
from orders.lifecycle import Actor, IllegalTransition, Status, edges_from
from orders.models import Order, promised
from orders.notifications import webpush
from orders.pages.forms import CheckoutForm
from orders.payments import service as payments
from orders.payments.gateways import base
from orders.presentation import day_range, present
from orders.transitions import transition
from shop.cart import carts


@never_cache
@require_http_methods(["GET", "POST"])
def checkout(request: HttpRequest) -> HttpResponse:
    """Everything on one page; **Place order** leads to the gateway."""
    if request.method == "POST":
        return _place(request)
    reviewed = carts.review_of(request)
    if not reviewed.lines:
        messages.info(request, _("Your cart is empty. Put something in, then check out."))
        return redirect("cart:cart")
    if reviewed.blocked:
        for change in reviewed.changes:
            messages.warning(request, change)
        return redirect("cart:cart")
    form = CheckoutForm(initial=_initial(request) | {"checkout_key": reviewed.cart.checkout_key})
    response = _checkout_page(request, form, reviewed)
    carts.acknowledge(reviewed)
    return response


def _place(request: HttpRequest) -> HttpResponse:
    form = CheckoutForm(request.POST)
    if "shape" in request.POST or not form.is_valid():
        # A country was chosen and its fields are wanted, or something must be mended: the page again, as filled in.
        reviewed = carts.review_of(request)
        if not reviewed.lines:
            return _placed_before(request, form) or redirect("cart:cart")
        if "shape" in request.POST:
            data = {name: request.POST.get(name, "") for name in form.fields}
            form = CheckoutForm(initial=data)
        return _checkout_page(request, form, reviewed, status=200 if "shape" in request.POST else 422)
    sent: dict[str, Any] = form.cleaned_data
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
        reviewed = carts.review_of(request)
        carts.acknowledge(reviewed)  # they were just told
        return redirect("cart:cart" if reviewed.blocked or not reviewed.lines else "orders:checkout")
    carts.set_count(request, 0)
    _remember_contact(request, details)
    tickets.grant(request, order.stream)
    return redirect("orders:pay", order.ref)


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
    """The back button after an order: show that order."""
    key = form.cleaned_data.get("checkout_key") if hasattr(form, "cleaned_data") else None
    order = Order.objects.filter(checkout_key=key).first() if key else None
    if order is None or order.stream not in request.session.get(tickets.GRANTS, ()):
        return None
    return redirect(_home(request, order))


def _checkout_page(request: HttpRequest, form: CheckoutForm, reviewed: carts.Review, status: int = 200) -> HttpResponse:
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
        last = Order.objects.filter(user_id=_member(request)).order_by("-placed_at").first()
        if last and not known:
            known = {f: str(getattr(last, f)) for f in ("name", "address", "city", "region", "postal_code", "country")}
        known.setdefault("email", request.user.email)
    known.setdefault("country", settings.DEFAULT_COUNTRY)
    return known


def _remember_contact(request: HttpRequest, details: Details) -> None:
    fields = ("email", "name", "address", "city", "region", "postal_code", "country")
    request.session["contact"] = {f: str(getattr(details, f)) for f in fields}


def _member(request: HttpRequest) -> int:
    """The signed-in user's id; 0, which nobody has, for a guest."""
    return request.user.pk or 0


@prepared
def _find(ref: str) -> QuerySet[Order]:
    return QuerySet(Order).filter(ref=ref).select_related("delivery_method").order_by()


def _is_members(request: HttpRequest, order: Order) -> bool:
    return request.user.is_authenticated and order.user_id == request.user.pk


def _mine(request: HttpRequest, ref: str, look_only: bool = False) -> Order:
    """An order this visitor may act on: a member's own, or one whose signed link (or checkout) this session has; of
    others the same 404 as for none.

    Staff who may see orders may look at any, and act in admin.
    """
    order = _find.first(ref)
    if order is not None and (_is_members(request, order) or order.stream in request.session.get(tickets.GRANTS, ())):
        return order
    if order is not None and look_only and request.user.is_staff and request.user.has_perm("orders.view_order"):
        return order
    raise Http404(_("There is no such order, or it is not yours."))


def _home(request: HttpRequest, order: Order) -> str:
    """Where this visitor watches the order."""
    return order.get_absolute_url() if _is_members(request, order) else access_links.path(order)


@never_cache
@require_GET
def order(request: HttpRequest, ref: str) -> HttpResponse:
    """One order, live."""
    return _order_page(request, _mine(request, ref, look_only=True))


@never_cache
@require_GET
def track(request: HttpRequest, token: str) -> HttpResponse:
    """The same by a signed link, which also lets this session act on the order."""
    try:
        ref = access_links.ref_of(token)
    except access_links.ExpiredLink:
        return render(request, "orders/link_expired.html", {"days": access_links.DAYS}, status=410)
    except access_links.ForgedLink:
        raise Http404(_("This link is not one of ours. Please copy it whole from the mail.")) from None
    found = _find.first(ref)
    if found is None:
        raise Http404(_("There is no such order, or it is not yours."))
    tickets.grant(request, found.stream)
    return _order_page(request, found)


def _order_page(request: HttpRequest, order: Order) -> HttpResponse:
    context = {
        "order": order,
        "d": present(order.state(), get_language() or settings.LANGUAGE_CODE),
        "lines": order.lines.select_related("variant__product"),
        "epoch": Log.recent_epoch(),
        "ticket": tickets.issue(request),
        "push_key": webpush.public_key(),
    }
    return render(request, "orders/order.html", context)


@never_cache
@login_required
@require_GET
def my_orders(request: HttpRequest) -> HttpResponse:
    """The member's orders, newest first; each row is live."""
    language = get_language() or settings.LANGUAGE_CODE
    mine = (
        Order.objects.filter(user_id=_member(request))
        .order_by("-placed_at")
        .prefetch_related("lines", "parcels__scans")
    )
    page = Paginator(mine, 20).get_page(request.GET.get("page"))
    money.prefetch(page.object_list)
    context = {
        "page": page,
        "rows": [{"order": o, "d": present(o.state(), language)} for o in page],
        "version": sum(Order.objects.filter(user_id=_member(request)).values_list("version", flat=True)),
        "epoch": Log.recent_epoch(),
        "ticket": tickets.issue(request),
    }
    return render(request, "orders/orders.html", context)


@never_cache
@require_http_methods(["GET", "POST"])
def pay(request: HttpRequest, ref: str) -> HttpResponse:
    """To the gateway's page. (After checkout by redirect, from the order page by **Pay now**.)"""
    order = _mine(request, ref)
    home = _home(request, order)
    try:
        return HttpResponseRedirect(payments.start(order.ref, request.build_absolute_uri(home)))
    except IllegalTransition as refusal:
        messages.info(request, str(refusal))
        return redirect(home)


@never_cache
@require_http_methods(["GET", "POST"])
def cancel(request: HttpRequest, ref: str) -> HttpResponse:
    """**Cancel order**, as long as nobody packs it. GET asks whether the shopper means it; POST cancels.

    With JavaScript the order's page asks by itself.
    """
    order = _mine(request, ref)
    home = _home(request, order)
    if order.status in (Status.CANCELLED, Status.REFUNDED):  # the button was pressed twice
        return redirect(home)
    if not any(edge.target == Status.CANCELLED for edge in edges_from(order.status, Actor.SHOPPER)):
        messages.warning(request, _("This order can no longer be cancelled. Please write to us."))
        return redirect(home)
    if request.method == "GET":
        return render(request, "orders/cancel.html", {"order": order, "home": home})
    try:
        transition(order.ref, Status.CANCELLED, by=Actor.SHOPPER, actor="shopper")
    except IllegalTransition:  # the order has moved on since it was read
        messages.warning(request, _("This order can no longer be cancelled. Please write to us."))
    return redirect(home)


@require_http_methods(["POST", "DELETE"])
def push(request: HttpRequest, ref: str) -> HttpResponse:
    """A browser asks to be told of this order by Web Push, or no more. 204; 422 with what is wrong."""
    order = _mine(request, ref)
    try:
        subscription = webpush.parse(request.body[:5000])
    except webpush.BadSubscription as problem:
        return JsonResponse({"error": str(problem)}, status=422)
    if request.method == "DELETE":
        webpush.unsubscribe(order, subscription.endpoint)
    else:
        webpush.subscribe(order, subscription, get_language() or settings.LANGUAGE_CODE)
    return HttpResponse(status=204)


@csrf_exempt
@require_POST
def webhook(request: HttpRequest, gateway: str) -> JsonResponse:
    """What a gateway posts. 200 heard (again), 401 wrong signature, 404 unknown payment, 422 makes no sense."""
    try:
        known = base.named(gateway)
    except base.UnknownGateway as problem:
        return JsonResponse({"error": str(problem)}, status=404)
    try:
        update = known.parse(request.headers, request.body)
    except base.BadWebhook as problem:
        return JsonResponse({"error": str(problem)}, status=401)
    except base.Unreadable as problem:
        return JsonResponse({"error": str(problem)}, status=422)
    result = payments.receive(gateway, update, request.body.decode())
    return JsonResponse({"outcome": result.outcome}, status=result.status)
