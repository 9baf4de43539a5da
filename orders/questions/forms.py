"""The forms in which shoppers write to the shop."""

from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from orders.models import Order
from orders.pages.forms import OneLine
from orders.questions.service import LONGEST


def _line(label: Any, autocomplete: str, length: int) -> forms.CharField:
    return OneLine(label=label, max_length=length, widget=forms.TextInput(attrs={"autocomplete": autocomplete}))


class MessageForm(forms.Form):
    """A message about an order whose page the shopper is on."""

    text = forms.CharField(
        label=gettext_lazy("Your message"), max_length=LONGEST, widget=forms.Textarea(attrs={"rows": 4})
    )


class ContactForm(forms.Form):
    """A message of anybody."""

    name = _line(gettext_lazy("Full name"), "name", 120)
    email = forms.EmailField(
        label=gettext_lazy("Email"), max_length=254, widget=forms.EmailInput(attrs={"autocomplete": "email"})
    )
    ref = forms.CharField(
        label=gettext_lazy("Order reference"),
        max_length=40,
        required=False,
        help_text=gettext_lazy("If it is about an order, such as 7K3QF-M2XNA."),
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "characters", "spellcheck": "false"}),
    )
    text = forms.CharField(
        label=gettext_lazy("Your message"), max_length=LONGEST, widget=forms.Textarea(attrs={"rows": 6})
    )


class WithdrawalForm(forms.Form):
    """The statement of withdrawal, as the annex of directive 2011/83/EU words it.

    It is mailed to an address that nobody has proven, so no field takes a web address.
    """

    ref = OneLine(
        label=gettext_lazy("Order reference"),
        max_length=40,
        help_text=gettext_lazy("It is in the subject of our mails, such as 7K3QF-M2XNA."),
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "characters", "spellcheck": "false"}),
    )
    name = _line(gettext_lazy("Full name"), "name", 120)
    email = forms.EmailField(
        label=gettext_lazy("Email"),
        max_length=254,
        help_text=gettext_lazy("We confirm your withdrawal to this address."),
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
    )
    goods = OneLine(
        label=gettext_lazy("Goods"),
        max_length=500,
        required=False,
        help_text=gettext_lazy("Only if you withdraw from a part of the order: which goods."),
        widget=forms.Textarea(attrs={"rows": 2}),
    )

    @property
    def statement(self) -> str:
        """What the shopper declares, in the active language. Of a form that is valid."""
        typed = self.cleaned_data
        rows = [
            _("I hereby give notice that I withdraw from my contract of sale."),
            _("Order reference: %(ref)s") % {"ref": typed["ref"]},
            _("Goods: %(goods)s") % {"goods": typed["goods"] or _("all of the order")},
            _("Name: %(name)s") % {"name": typed["name"]},
            _("Email: %(email)s") % {"email": typed["email"]},
        ]
        return "\n".join(rows)


def known(order: Order | None) -> dict[str, str]:
    """What a form about this order begins with."""
    return {"ref": order.ref, "name": order.name, "email": order.email} if order else {}
