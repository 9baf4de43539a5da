"""**Find my order**: who has lost the link to an order has it mailed again."""

from typing import Any

from django import forms
from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from orders import refs
from orders.domain_events import OrderLinkRequested
from orders.locking import locked
from orders.models import Order
from shop.lib.addresses import counted_by
from shop.lib.rate_limits import exceeded

BY_CLIENT = 20
"""Orders that one client address may look for in an hour."""
BY_ORDER = 3
"""Links of one order that are mailed in an hour."""


class FindForm(forms.Form):
    """What a shopper knows of an order: its reference, and the mail address that it was placed with."""

    ref = forms.CharField(
        label=gettext_lazy("Order reference"),
        max_length=40,
        help_text=gettext_lazy("It is in the subject of our mails, such as 7K3QF-M2XNA."),
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "characters", "spellcheck": "false"}),
    )
    email = forms.EmailField(
        label=gettext_lazy("Email"), max_length=254, widget=forms.EmailInput(attrs={"autocomplete": "email"})
    )


@never_cache
@require_http_methods(["GET", "POST"])
def find(request: HttpRequest) -> HttpResponse:
    """Mail the link of an order. The answer is the same whether there is such an order, so that nobody can try."""
    form = FindForm(request.POST if request.method == "POST" else None)
    if not form.is_valid():
        return render(request, "orders/find.html", {"form": form}, status=422 if form.is_bound else 200)
    if (client := counted_by(request)) and exceeded("find-order", client, BY_CLIENT):
        messages.error(request, _("You have looked for many orders. Please try again in an hour."))
        return render(request, "orders/find.html", {"form": form}, status=429)
    mail_link(refs.normalize(form.cleaned_data["ref"]), form.cleaned_data["email"])
    said = _("If there is such an order with this mail address, a mail with its link is on the way to you.")
    messages.success(request, said)
    return redirect("orders:find")


def mail_link(ref: str, email: str) -> bool:
    """Have the link of the order mailed, if that is its mail address. Returns whether a mail goes."""
    found: Any = Order.objects.filter(ref=ref).only("email").first() if ref else None
    if found is None or found.email.casefold() != email.casefold() or exceeded("mail-link", ref, BY_ORDER):
        return False
    with transaction.atomic():
        order = locked(ref)
        order.record(OrderLinkRequested(**order.facts("shopper")))
        order.save(update_fields=["version"])
    return True
