"""The pages of **Tell me when it is back**."""

import uuid
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from shop.catalog.models import Variant
from shop.lib.addresses import counted_by
from shop.lib.rate_limits import exceeded
from shop.wishes import alerts
from shop.wishes.models import StockAlert

BY_CLIENT = 20
"""Alerts that one client address may ask for in an hour."""
BY_ADDRESS = 10
"""Alerts that may be asked for with one mail address in a day: each sends it a mail."""
DAY = 24 * 3600


class AlertForm(forms.Form):
    """Where the mail goes."""

    email = forms.EmailField(
        label=gettext_lazy("Email"), max_length=254, widget=forms.EmailInput(attrs={"autocomplete": "email"})
    )

    def clean_email(self) -> str:
        """In small letters, so that one address asks once."""
        return str(self.cleaned_data["email"]).lower()


@never_cache
@require_http_methods(["GET", "POST"])
def ask(request: HttpRequest, variant_id: int) -> HttpResponse:
    """Ask for a mail when the variant is back. The answer is the same for an address that asked before."""
    for_sale = Variant.objects.select_related("product", "stock").filter(active=True, product__active=True)
    found = for_sale.filter(pk=variant_id).first()
    if found is None:
        raise Http404(_("There is no such product."))
    home = f"{found.product.get_absolute_url()}?variant={found.sku}"
    initial: dict[str, Any] = {"email": request.user.email if request.user.is_authenticated else ""}
    form = AlertForm(request.POST if request.method == "POST" else None, initial=initial)
    context = {"form": form, "variant": found, "home": home}
    if not form.is_valid():
        return render(request, "wishes/alert.html", context, status=422 if form.is_bound else 200)
    email = form.cleaned_data["email"]
    if _too_many(request, email):
        messages.error(request, _("You have asked for many mails. Please try again later."))
        return render(request, "wishes/alert.html", context, status=429)
    try:
        alerts.request(found, email, get_language() or settings.LANGUAGE_CODE)
    except alerts.InStock:
        messages.success(request, _("Good news: %(title)s is in stock.") % {"title": found})
    else:
        said = _("We write to %(email)s as soon as %(title)s is back.")
        messages.success(request, said % {"email": email, "title": found})
    return redirect(home)


def _too_many(request: HttpRequest, email: str) -> bool:
    client = counted_by(request)
    return bool(client and exceeded("stock-alert", client, BY_CLIENT)) or exceeded(
        "stock-alert-to", email, BY_ADDRESS, DAY
    )


@never_cache
@require_http_methods(["GET", "POST"])
def stop(request: HttpRequest, alert_id: uuid.UUID) -> HttpResponse:
    """The link of the mail asks, and the button deletes: programs that check mails follow links."""
    if request.method == "POST":
        alerts.take_back(str(alert_id))
        messages.success(request, _("You get no mail about this any more."))
        return redirect("catalog:home")
    alert = StockAlert.objects.select_related("variant__product").filter(pk=alert_id).first()
    return render(request, "wishes/stop.html", {"alert": alert})


@csrf_exempt  # a mail program has neither the cookie nor the form: the signature of the token says who may
@never_cache
@require_http_methods(["GET", "POST"])
def unsubscribe(request: HttpRequest, token: str) -> HttpResponse:
    """The address in the header of a mail (RFC 8058): POST takes the alert back at once, GET shows the button.

    However often it is posted, the answer is the same, and it leads nowhere else.
    """
    try:
        alert_id = alerts.named_by(token)
    except alerts.ForgedToken:
        raise Http404(_("This link is not one of ours. Please copy it whole from the mail.")) from None
    if request.method == "POST":
        alerts.take_back(alert_id)
        return render(request, "wishes/stop.html", {"stopped": True})
    alert = StockAlert.objects.select_related("variant__product").filter(pk=alert_id).first()
    return render(request, "wishes/stop.html", {"alert": alert})
