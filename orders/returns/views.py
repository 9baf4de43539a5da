"""Where a shopper asks for a return, and sees how far it is."""

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from orders.documents import slips
from orders.lifecycle import Actor, IllegalTransition
from orders.models import Order, Return
from orders.pages import visitors
from orders.returns import service
from orders.returns.forms import ReturnForm
from orders.returns.lifecycle import WORDS, State, edges_from
from orders.staff_input import typed


@never_cache
@require_http_methods(["GET", "POST"])
def ask(request: HttpRequest, ref: str) -> HttpResponse:
    """The form: how many of what, why, and what for."""
    order = visitors.order_of(request, ref)
    if refusal := service.may_ask(order, timezone.localdate()):
        messages.info(request, refusal)
        return redirect(order.get_absolute_url())
    form = ReturnForm(request.POST or None, lines=_lines(order))
    if request.method == "POST" and form.is_valid():
        try:
            made = service.request(
                order.ref,
                form.wanted,
                reason=form.cleaned_data["reason"],
                wish=form.cleaned_data["wish"],
                comment=form.cleaned_data["comment"],
            )
        except IllegalTransition as refusal:
            form.add_error(None, str(refusal))
        else:
            return redirect("orders:return", ref=order.ref, place=made.place)
    context = {"order": order, "form": form, "home": order.get_absolute_url()}
    return render(request, "orders/return_form.html", context, status=422 if form.errors else 200)


def _lines(order: Order) -> list[tuple[int, str, int]]:
    """What can come back: the line's primary key, its title, and how many."""
    left = service.returnable(order)
    return [(line.pk, line.title, left[line.pk]) for line in order.lines.all() if left[line.pk]]


@never_cache
@require_GET
def one(request: HttpRequest, ref: str, place: int) -> HttpResponse:
    """One return: how far it is, its label, and what the shopper can do."""
    order, found = _found(request, ref, place)
    context = {
        "order": order,
        "sent_back": found,
        "lines": found.lines.select_related("line"),
        "words": WORDS[State(found.state)],
        "moves": edges_from(found.state, Actor.SHOPPER),
        "label": found.state in (State.APPROVED, State.ON_ITS_WAY),
        "home": order.get_absolute_url(),
    }
    return render(request, "orders/return.html", context)


@never_cache
@require_POST
def move(request: HttpRequest, ref: str, place: int, target: str) -> HttpResponse:
    """A step of the shopper: it is on its way, or they keep the goods."""
    order, found = _found(request, ref, place)
    if target not in {edge.target for edge in edges_from(found.state, Actor.SHOPPER)}:
        if found.state != target:  # not the button pressed twice
            messages.warning(request, _("That cannot be done any more."))
    else:
        tracking = "".join(typed(request, "tracking", 60).split())
        try:
            service.move(order.ref, place, State(target), by=Actor.SHOPPER, actor="shopper", tracking=tracking)
        except IllegalTransition as refusal:
            messages.warning(request, str(refusal))
    return redirect("orders:return", ref=order.ref, place=place)


@never_cache
@require_GET
def label(request: HttpRequest, ref: str, place: int) -> HttpResponse:
    """What is put on the parcel, as PDF."""
    _order, found = _found(request, ref, place)
    if found.state not in (State.APPROVED, State.ON_ITS_WAY):
        raise Http404
    return slips.response(slips.return_label(found), f"{found.number}.pdf")


def _found(request: HttpRequest, ref: str, place: int) -> tuple[Order, Return]:
    order = visitors.order_of(request, ref)
    found = order.returns.filter(place=place).first()
    if found is None:
        raise Http404
    return order, found
