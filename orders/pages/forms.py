"""The checkout form: contact, address by the country's own postal rules, delivery."""

from typing import Any, ClassVar, cast

from django import forms
from django.conf import settings
from django.forms.utils import flatatt
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _
from django_countries import countries
from django_countries.fields import CountryField, LazyTypedChoiceField  # type: ignore[attr-defined]

from orders.models import offered
from orders.pages.gift import GiftNote
from orders.payments.gateways import base
from shop.lib import mail_typos, postal, typed_text
from shop.lib.form_fields import OneLine
from shop.markets import places, vat_numbers
from shop.markets.places import Place
from shop.pages import published

ADDRESS_LINES = 4


class StreetAddress(OneLine):
    """Street, house and whatever else a courier needs, on a few lines."""

    widget = forms.Textarea

    def to_python(self, value: Any) -> str:
        return typed_text.short_lines(forms.CharField.to_python(self, value) or "", ADDRESS_LINES)


def _text(label: Any, autocomplete: str, length: int, *, required: bool = True) -> forms.CharField:
    widget = forms.TextInput(attrs={"autocomplete": autocomplete})
    return OneLine(label=label, max_length=length, required=required, widget=widget)


class CountrySelect(forms.Select):
    """The countries that are sold to, written once for each language: 250 options through a template each are two
    thirds of the page's time.
    """

    sold_to: frozenset[str] | None = None
    """Their codes; None for all."""
    _written: ClassVar[dict[tuple[str | None, frozenset[str] | None], str]] = {}

    def render(self, name: str, value: Any, attrs: Any = None, renderer: Any = None) -> SafeString:
        key = get_language(), self.sold_to
        if key not in self._written:
            sold = self.sold_to
            each = ((code or "", label) for code, label in self.choices if not code or sold is None or code in sold)
            self._written[key] = format_html_join("\n", '<option value="{}">{}</option>', each)
        chosen = format_html('value="{}"', value or "")
        options = self._written[key].replace(chosen, f"{chosen} selected", 1)
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


class AddressForm(forms.Form):
    """Where something goes, checked by what the chosen country's post demands."""

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

    def __init__(self, *args: Any, fallback: Place, **kwargs: Any) -> None:
        """`fallback` is the place that is shown for a country that is not sold to."""
        super().__init__(*args, **kwargs)
        country = str((self.data if self.is_bound else self.initial).get("country") or fallback.country)
        self.markets = places.open_markets()
        market = places.market_of(country, self.markets)
        self.place = places.Place(country, market) if market else None
        self.shown_place = self.place or fallback
        self.sold_to = cast(CountrySelect, self.fields["country"].widget).sold_to = places.sold_to(self.markets)
        self._shape(country)
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

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if country := str(data.get("country") or ""):
            if self.place is None:
                self.add_error("country", _("We do not sell to that country."))
            data["region"] = postal.region(country, data.get("region", ""))
            code = postal.postal_code(country, data.get("postal_code", ""))
            if code is None and data.get("postal_code"):
                self.add_error("postal_code", _("This is not a postal code of that country."))
            data["postal_code"] = code or ""
        return data


class CheckoutForm(AddressForm):
    """One page: contact, address, delivery, payment."""

    checkout_key = forms.UUIDField(widget=forms.HiddenInput)
    email = forms.EmailField(label=_("Email"), max_length=254, widget=forms.EmailInput(attrs={"autocomplete": "email"}))
    sure_of_email = forms.CharField(widget=forms.HiddenInput, required=False)
    terms = forms.BooleanField(required=False, error_messages={"required": _("Please tick that you accept the terms.")})
    save_address = forms.BooleanField(label=_("Save this address for the next time"), required=False)
    company = _text(_("Company"), "organization", 120, required=False)
    vat_number = _text(_("VAT number"), "off", 40, required=False)
    is_gift = forms.BooleanField(label=_("Pack it as a gift"), required=False)
    gift_note = GiftNote(required=False)
    delivery_method: Any = forms.TypedChoiceField(label=_("Delivery"), widget=forms.RadioSelect)

    gateway: Any = forms.ChoiceField(label=_("Payment"), widget=forms.RadioSelect, required=False)

    def __init__(self, *args: Any, fallback: Place, **kwargs: Any) -> None:
        """`fallback` is the place whose delivery methods are shown for a country that is not sold to."""
        super().__init__(*args, fallback=fallback, **kwargs)
        # One query: the template draws the methods itself, and the chosen one is among them.
        self.methods = offered(self.shown_place.market)
        self.agreement = published.accepted()
        self.fields["terms"].required = self.shown_place.market.ask_terms and bool(self.agreement)
        self.gateways = base.offered(self.shown_place.market.gateways)
        ways: Any = self.fields["gateway"]
        ways.choices = [(gateway.name, gateway.title or gateway.name) for gateway in self.gateways]
        choice: Any = self.fields["delivery_method"]
        choice.choices = [(str(method.pk), method.title) for method in self.methods]
        choice.coerce = {str(method.pk): method for method in self.methods}.__getitem__

    @property
    def region_and_business(self) -> tuple[str, bool]:
        """What else decides about the tax, as far as it is filled in: the region, and whether a business owes it."""
        values = self.data if self.is_bound else self.initial
        country = self.shown_place.country
        number = str(values.get("vat_number") or "")
        try:
            number = vat_numbers.parse(number, country)[1] if number else ""
        except vat_numbers.BadNumber:
            number = ""
        business = vat_numbers.reverses_charge(number, country, settings.DEFAULT_COUNTRY)
        return postal.region(country, str(values.get("region") or "")), business

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
        data = super().clean()
        if (country := str(data.get("country") or "")) and (typed := data.get("vat_number")):
            try:
                data["vat_number"] = vat_numbers.parse(typed, country)[1]
            except vat_numbers.BadNumber:
                self.add_error("vat_number", _("This is no VAT number. It begins with its country, such as DE or FR."))
        return data
