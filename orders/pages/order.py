"""The page of one order, and what a shopper does there: pay, cancel, be told by Web Push."""

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import redirect, render
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods

from events.live import tickets
from events.models import Log
from orders import access_links, agreement
from orders.access_links import Strength
from orders.lifecycle import PAYABLE, Actor, IllegalTransition, Status, edges_from
from orders.notifications import webpush
from orders.pages import calendar, visitors
from orders.payments import service as payments
from orders.payments.gateways.base import Refused
from orders.presentation import present
from orders.questions.forms import MessageForm
from orders.questions.stream import shown
from orders.transitions import transition


class HttpResponseSeeOther(HttpResponseRedirect):
    """303: get the other address."""

    status_code = 303


@never_cache
@require_GET
def order(request: HttpRequest, ref: str) -> HttpResponse:
    """One order, live: for its member, its guest, whoever has a link, and staff who may see orders."""
    order = visitors.order_of(request, ref, may=visitors.may_see)
    language = get_language() or settings.LANGUAGE_CODE
    context = {
        "order": order,
        "d": present(order.state(), language),
        "lines": order.lines.select_related("variant__product", "variant__picture").prefetch_related("adjustments"),
        "may_act": visitors.may_act(request, order),
        "gateways": payments.gateways_for(order.country.code) if order.status in PAYABLE else (),
        "agreed": agreement.of(order),
        "may_read": visitors.may_read(request, order),
        "calendar": calendar.addresses(request, order),
        "to_show": access_links.path(order, Strength.LOOK),
        "epoch": Log.recent_epoch(),
        "ticket": tickets.issue(request),
        "push_key": webpush.public_key(),
    }
    if context["may_act"]:
        context |= shown(order, language) | {"message_form": MessageForm()}
    return render(request, "orders/order.html", context)


@never_cache
@require_GET
def track(request: HttpRequest, token: str) -> HttpResponse:
    """A link opens its order for this session, and leads to the order's own address: nothing secret stays in view."""
    try:
        link = access_links.read(token)
    except access_links.ExpiredLink:
        return render(request, "orders/link_expired.html", {"days": access_links.DAYS}, status=410)
    except access_links.ForgedLink:
        raise Http404(_("This link is not one of ours. Please copy it whole from the mail.")) from None
    found = visitors.find.first(link.ref)
    if found is None:
        raise Http404(_("There is no such order, or it is not yours."))
    if found.link_version != link.version:
        return render(request, "orders/link_expired.html", {"ended": True}, status=410)
    visitors.grant(request, found, link.strength)
    response = HttpResponseSeeOther(found.get_absolute_url())
    response["Referrer-Policy"] = "no-referrer"
    return response


@never_cache
@require_http_methods(["GET", "POST"])
def pay(request: HttpRequest, ref: str) -> HttpResponse:
    """To the gateway's page. (After checkout by redirect, from the order page by **Pay now**.)"""
    order = visitors.order_of(request, ref)
    home = order.get_absolute_url()
    # Only a form chooses another way: an address that somebody else made must not.
    gateway = request.POST.get("gateway", "")
    try:
        return HttpResponseRedirect(payments.start(order.ref, request.build_absolute_uri(home), gateway))
    except (IllegalTransition, Refused) as refusal:
        messages.info(request, str(refusal))
        return redirect(home)


@never_cache
@require_http_methods(["GET", "POST"])
def cancel(request: HttpRequest, ref: str) -> HttpResponse:
    """**Cancel order**, as long as nobody packs it. GET asks whether the shopper means it; POST cancels.

    With JavaScript the order's page asks by itself.
    """
    order = visitors.order_of(request, ref)
    home = order.get_absolute_url()
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
    order = visitors.order_of(request, ref)
    try:
        subscription = webpush.parse(request.body[:5000])
    except webpush.BadSubscription as problem:
        return JsonResponse({"error": str(problem)}, status=422)
    if request.method == "DELETE":
        webpush.unsubscribe(order, subscription.endpoint)
    else:
        webpush.subscribe(order, subscription, get_language() or settings.LANGUAGE_CODE)
    return HttpResponse(status=204)
