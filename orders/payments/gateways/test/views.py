"""The gateway's hosted page."""

import re

from django import forms
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from orders.payments.gateways.base import Result
from orders.payments.gateways.test.domain_events import Confirming, SessionEnded
from orders.payments.gateways.test.models import Session
from orders.reasons import Reason

PAYS, DECLINED, CONFIRMS = "4242424242424242", "4000000000000002", "4000000000003220"


class CardForm(forms.Form):
    """The three cards that this gateway knows."""

    number = forms.CharField(
        label=_("Card number"),
        max_length=30,
        widget=forms.TextInput(
            attrs={
                "inputmode": "numeric",
                "autocomplete": "cc-number",
                "placeholder": "4242 4242 4242 4242",
                "autofocus": True,
            }
        ),
    )

    def clean_number(self) -> str:
        number = re.sub(r"[\s-]", "", self.cleaned_data["number"])
        if number not in (PAYS, DECLINED, CONFIRMS):
            raise forms.ValidationError(_("This is not one of the test cards below."))
        return number


@never_cache
@require_http_methods(["GET", "POST"])
def pay(request: HttpRequest, session_id: str) -> HttpResponse:
    """Card number in, result out by webhook, shopper back to the shop."""
    session = get_object_or_404(Session, pk=session_id)
    if session.state in (Session.State.SUCCEEDED, Session.State.FAILED):
        return _back(session)
    if session.state == Session.State.CONFIRMING:
        if request.method == "POST" and request.POST.get("answer") in ("confirm", "refuse"):
            confirmed = request.POST["answer"] == "confirm"
            _finish(
                session.pk,
                Result.SUCCEEDED if confirmed else Result.FAILED,
                "" if confirmed else Reason.CONFIRMATION_REFUSED.value,
            )
            return _back(session)
        return render(request, "gateways/test/confirm.html", {"session": session})
    form = CardForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        number = form.cleaned_data["number"]
        if number == CONFIRMS:
            with transaction.atomic():
                held = Session.objects.select_for_update().get(pk=session.pk)
                if held.state == Session.State.OPEN:
                    held.state = Session.State.CONFIRMING
                    held.record(Confirming())
                    held.save(update_fields=["state"])
            return HttpResponseRedirect(request.path)
        declined = number == DECLINED
        _finish(
            session.pk, Result.FAILED if declined else Result.SUCCEEDED, Reason.CARD_DECLINED.value if declined else ""
        )
        return _back(session)
    return render(
        request, "gateways/test/pay.html", {"session": session, "form": form}, status=422 if form.errors else 200
    )


def _finish(session_id: str, result: Result, detail: str) -> None:
    with transaction.atomic():
        session = Session.objects.select_for_update().get(pk=session_id)
        if session.state in (Session.State.SUCCEEDED, Session.State.FAILED):
            return  # the other click was faster
        session.state = Session.State(result.value)
        session.record(
            SessionEnded(
                session=session.id,
                result=result.value,
                minor=session.amount.get_amount_in_sub_unit(),
                currency=session.amount.currency.code,
                webhook_url=session.webhook_url,
                detail=detail,
            )
        )
        session.save(update_fields=["state"])


def _back(session: Session) -> HttpResponse:
    return HttpResponseRedirect(session.return_url)
