"""Where shoppers write to the shop: the contact page, the withdrawal, and an order's own conversation."""

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from orders import refs
from orders.models import Order
from orders.pages import visitors
from orders.questions import service
from orders.questions.forms import ContactForm, MessageForm, WithdrawalForm, known
from orders.questions.service import Sender
from orders.questions.stream import shown
from shop.lib.addresses import counted_by
from shop.lib.rate_limits import exceeded
from shop.pages.markdown import html
from shop.pages.views import newest

BY_CLIENT = 20
"""Messages of one client address in an hour."""
BY_SENDER = 10
"""Messages about one order, or of one mail address, in an hour."""


@never_cache
@require_http_methods(["GET", "POST"])
def contact(request: HttpRequest) -> HttpResponse:
    """The contact page: what the owner wrote there, and a form. An order is proven by its mail address."""
    form = ContactForm(request.POST or None, initial=_initial(request))
    status = 422 if form.errors else 200
    if request.method == "POST" and form.is_valid():
        typed = form.cleaned_data
        about = _about(typed)
        if _too_many(request, about):
            status = 429
        else:
            service.ask(about, typed["text"])
            messages.success(request, _("We have your message, and answer by mail."))
            return redirect("orders:contact")
    version = newest(request, kind="contact")
    text = version.text if version else {"title": _("Contact"), "body": ""}
    context = {"form": form, "title": text["title"], "body": html(text["body"]), "page": version and version.page}
    return render(request, "questions/contact.html", context, status=status)


@never_cache
@require_http_methods(["GET", "POST"])
def withdraw(request: HttpRequest) -> HttpResponse:
    """The withdrawal: a form, then the statement to confirm, as directive (EU) 2023/2673 wants it."""
    order = _named(request)
    form = WithdrawalForm(request.POST or None, initial=known(order) or _initial(request))
    if request.method != "POST" or not form.is_valid() or "change" in request.POST:
        return render(request, "questions/withdraw.html", {"form": form}, status=422 if form.errors else 200)
    context = {"form": form, "statement": form.statement}
    if "confirm" not in request.POST:
        return render(request, "questions/withdraw.html", context)
    about = _about(form.cleaned_data)
    if _too_many(request, about):
        return render(request, "questions/withdraw.html", context, status=429)
    service.ask(about, form.statement, withdraws=True)
    messages.success(request, _("We have your withdrawal, and confirm it by mail."))
    return redirect("pages:withdrawal" if newest(request, kind="withdrawal") else "orders:contact")


@never_cache
@require_http_methods(["GET", "POST"])
def question(request: HttpRequest, ref: str) -> HttpResponse:
    """The conversation about an order, for whoever may act on it. Its page has the same."""
    order = visitors.order_of(request, ref)
    form = MessageForm(request.POST or None)
    status = 422 if form.errors else 200
    if request.method == "POST" and form.is_valid():
        if _too_many(request, order):
            status = 429
        else:
            service.ask(order, form.cleaned_data["text"])
            return redirect(f"{order.get_absolute_url()}#questions")
    context = {"order": order, "message_form": form, "home": order.get_absolute_url()}
    return render(
        request,
        "questions/question.html",
        context | shown(order, get_language() or settings.LANGUAGE_CODE),
        status=status,
    )


def _about(typed: dict[str, Any]) -> Order | Sender:
    """The order that was named, if the mail address is the order's; else the sender."""
    ref = refs.normalize(typed["ref"])
    order = visitors.find.first(ref) if refs.is_ref(ref) else None
    if order is not None and order.email.casefold() == typed["email"].casefold():
        return order
    language = get_language() or settings.LANGUAGE_CODE
    return Sender(name=typed["name"], email=typed["email"], language=language, typed_ref=typed["ref"])


def _too_many(request: HttpRequest, about: Order | Sender) -> bool:
    """Whether so many messages came within an hour that no more are taken; then it is said."""
    who = about.email.casefold()
    client = counted_by(request)
    found = [exceeded("question-by-client", client, BY_CLIENT)] if client else []
    found.append(exceeded("question-by-sender", who, BY_SENDER))  # each counts it
    if any(found):
        messages.error(request, _("Many messages came from you. Please try again in an hour; your text is still here."))
    return any(found)


def _named(request: HttpRequest) -> Order | None:
    """The order that a link of its page names, if this visitor may act on it."""
    ref = refs.normalize(request.GET.get("order", ""))
    order = visitors.find.first(ref) if refs.is_ref(ref) else None
    return order if order is not None and visitors.may_act(request, order) else None


def _initial(request: HttpRequest) -> dict[str, str]:
    if not request.user.is_authenticated:
        return {}
    return {"name": request.user.get_full_name(), "email": request.user.email}
