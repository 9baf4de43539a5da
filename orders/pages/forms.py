"""The checkout form: contact, address by the country's own postal rules, delivery."""

import re
from typing import Any, ClassVar

from django import forms
from django.conf import settings
from django.db.models import QuerySet
from django.forms.utils import flatatt
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _
from django_countries import countries
from django_countries.fields import CountryField, LazyTypedChoiceField  # type: ignore[attr-defined]

from events.db.prepared import prepared
from orders.models import DeliveryMethod
from shop.lib import mail_typos, postal, typed_text

ADDRESS_LINES = 4
_WEB_ADDRESS = re.compile(r"://|\bwww\.", re.IGNORECASE)


class OneLine(forms.CharField):
    """Text without line ends, whatever was pasted. The name of a person or place is no web address: mails show it."""

    def to_python(self, value: Any) -> str:
        return typed_text.one_line(super().to_python(value) or "")

    def validate(self, value: str) -> None:
        super().validate(value)
        if _WEB_ADDRESS.search(value):
            raise forms.ValidationError(_("Please leave out web addresses."))


class StreetAddress(OneLine):
    """Street, house and whatever else a courier needs, on a few lines."""

    widget = forms.Textarea

    def to_python(self, value: Any) -> str:
        return typed_text.short_lines(forms.CharField.to_python(self, value) or "", ADDRESS_LINES)


def _text(label: Any, autocomplete: str, length: int) -> forms.CharField:
    return OneLine(label=label, max_length=length, widget=forms.TextInput(attrs={"autocomplete": autocomplete}))


@prepared
def _offered() -> QuerySet[DeliveryMethod]:
    return QuerySet(DeliveryMethod).filter(active=True)


class CountrySelect(forms.Select):
    """All countries, written once for each language: 250 options through a template each are two thirds of the page's
    time.
    """

    _written: ClassVar[dict[str | None, str]] = {}

    def render(self, name: str, value: Any, attrs: Any = None, renderer: Any = None) -> SafeString:
        language = get_language()
        if language not in self._written:
            each = ((code or "", label) for code, label in self.choices)
            self._written[language] = format_html_join("\n", '<option value="{}">{}</option>', each)
        chosen = format_html('value="{}"', value or "")
        options = self._written[language].replace(chosen, f"{chosen} selected", 1)
        tag = flatatt(self.build_attrs(self.attrs, {**(attrs or {}), "name": name}))
        return mark_safe(f"<select{tag}>{options}</select>")

    def use_required_attribute(self, initial: Any) -> bool:
        """The first option is empty; `Select` would go through all of them to see that."""
        return True


class CountryChoice(LazyTypedChoiceField):
    """A country's code."""

    def valid_value(self, value: Any) -> bool:
        """Whether there is such a country, without going through all of them."""
        return value in countries


def _by_name(choice: tuple[str, str]) -> str:
    return choice[1]


class CheckoutForm(forms.Form):
    """One page. The address is checked by what the chosen country's post demands."""

    checkout_key = forms.UUIDField(widget=forms.HiddenInput)
    expected = forms.CharField(widget=forms.HiddenInput, required=False)
    email = forms.EmailField(label=_("Email"), max_length=254, widget=forms.EmailInput(attrs={"autocomplete": "email"}))
    sure_of_email = forms.CharField(widget=forms.HiddenInput, required=False)
    name = _text(_("Full name"), "name", 120)
    country = CountryField().formfield(label=_("Country"), widget=CountrySelect, choices_form_class=CountryChoice)
    address = StreetAddress(
        label=_("Address"),
        max_length=250,
        widget=forms.Textarea(attrs={"autocomplete": "street-address", "rows": 2}),
    )
    postal_code = _text(_("Postal code"), "postal-code", 20)
    city = _text(_("City"), "address-level2", 100)
    region = _text(_("State or province"), "address-level1", 100)
    delivery_method: Any = forms.TypedChoiceField(label=_("Delivery"), widget=forms.RadioSelect)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # One query: the template draws the methods itself, and the chosen one is among them.
        self.methods = _offered()
        choice: Any = self.fields["delivery_method"]
        choice.choices = [(str(method.pk), method.title) for method in self.methods]
        choice.coerce = {str(method.pk): method for method in self.methods}.__getitem__
        country = (
            self.data.get("country") if self.is_bound else self.initial.get("country")
        ) or settings.DEFAULT_COUNTRY
        self._shape(str(country))
        if region := self.initial.get("region"):
            # A browser fills in a name where the post has a code; of the country before nothing stays.
            self.initial = {**self.initial, "region": postal.region(str(country), region)}
        self.fields["country"].widget.attrs.update({"autocomplete": "country"})

    def _shape(self, country: str) -> None:
        """Require, and offer, what the country's addresses have."""
        rules = postal.rules(country)
        if rules is None:
            return
        for ours, theirs in postal.FIELDS.items():
            self.fields[ours].required = theirs in rules.required_fields
        region = self.fields["region"]
        if "country_area" not in rules.allowed_fields:
            # Out of sight, but not hidden: a browser that fills in an address of another country fills this, too.
            region.widget = forms.TextInput(
                attrs={"autocomplete": "address-level1", "tabindex": "-1", "aria-hidden": "true"}
            )
        elif rules.country_area_choices:
            choices = dict(reversed(rules.country_area_choices))  # of several names of a region the first
            region.widget = forms.Select(
                attrs={"autocomplete": "address-level1"}, choices=[("", "–"), *sorted(choices.items(), key=_by_name)]
            )
        else:
            region.required = False
        if "postal_code" not in rules.allowed_fields:
            self.fields["postal_code"].required = False
        elif rules.postal_code_examples:
            self.fields["postal_code"].help_text = _("For example %(code)s") % {"code": rules.postal_code_examples[0]}

    @property
    def has_region(self) -> bool:
        """Whether addresses of the chosen country have a region, so that the field is shown."""
        return "aria-hidden" not in self.fields["region"].widget.attrs

    def clean_email(self) -> str:
        """Ask once about an address that looks like a typing error; who sends it again means it."""
        email: str = self.cleaned_data["email"]
        if (likely := mail_typos.likely(email)) and self.data.get("sure_of_email") != email:
            self.data = dict(self.data.items()) | {"sure_of_email": email}
            raise forms.ValidationError(
                _("Do you mean %(likely)s? If %(typed)s is right, place the order again."),
                params={"likely": likely, "typed": email},
            )
        return email

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if country := str(data.get("country") or ""):
            data["region"] = postal.region(country, data.get("region", ""))
            code = postal.postal_code(country, data.get("postal_code", ""))
            if code is None and data.get("postal_code"):
                self.add_error("postal_code", _("This is not a postal code of that country."))
            data["postal_code"] = code or ""
        return data
