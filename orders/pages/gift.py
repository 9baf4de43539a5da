"""A gift: the note that goes along with it, typed at checkout or changed until somebody packs the order."""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from orders import changes
from orders.lifecycle import UNPACKED, IllegalTransition
from orders.pages import visitors
from shop.lib import typed_text

LONGEST = 300
MOST_LINES = 12
"""What fits beneath the goods of a packing slip."""


class GiftNote(forms.CharField):
    """A few lines in any script, which a printer can print."""

    widget = forms.Textarea

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(
            label=gettext_lazy("Gift note"),
            max_length=LONGEST,
            help_text=gettext_lazy("We print it on the slip in the box, which names no prices. Up to 300 characters."),
            widget=forms.Textarea(attrs={"rows": 4, "autocomplete": "off", "dir": "auto"}),
            **kwargs,
        )

    def to_python(self, value: Any) -> str:
        return typed_text.several_lines(super().to_python(value) or "")

    def validate(self, value: str) -> None:
        super().validate(value)
        if unprinted := typed_text.control(value):
            raise forms.ValidationError(
                _("The note has a character that cannot be printed (%(code)s). Please take it out."),
                params={"code": unprinted},
            )
        if value.count("\n") >= MOST_LINES:
            raise forms.ValidationError(_("The note may have %(most)s lines."), params={"most": MOST_LINES})


class GiftForm(forms.Form):
    """The note of an order that is a gift."""

    gift_note = GiftNote(required=False)


@never_cache
@require_http_methods(["GET", "POST"])
def page(request: HttpRequest, ref: str) -> HttpResponse:
    """Make the order a gift, write another note, or make it no gift, as long as nobody packs it."""
    order = visitors.order_of(request, ref)
    home = order.get_absolute_url()
    if order.status not in UNPACKED:
        messages.warning(request, _("It is too late to change the gift: this order is being packed or has left."))
        return redirect(home)
    sent = request.POST if request.method == "POST" else None
    form = GiftForm(sent, initial={"gift_note": order.gift_note})
    is_gift = "no_gift" not in request.POST
    if request.method == "POST" and (form.is_valid() or not is_gift):
        try:
            changed = changes.change_gift(order.ref, is_gift=is_gift, note=form.cleaned_data.get("gift_note", ""))
        except IllegalTransition as refusal:
            messages.warning(request, str(refusal))
        else:
            if changed:
                said = _("We pack it as a gift.") if is_gift else _("The order is no gift any more.")
                messages.success(request, said)
        return redirect(home)
    context = {"order": order, "form": form, "home": home}
    return render(request, "orders/gift_form.html", context, status=422 if form.errors else 200)
