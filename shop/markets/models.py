"""Markets and tax rates: what an owner decides before anything is sold."""

from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _
from django_countries.fields import CountryField

from shop.lib import postal
from shop.lib.currencies import choices
from shop.pricing import tax
from shop.pricing.quote import Terms


class Market(models.Model):
    """A set of countries that are sold to in the same way.

    A shop without any sells to every country in CURRENCY: see `shop.markets.places`.
    """

    code: Any = models.SlugField(_("code"), unique=True)
    title: Any = models.CharField(_("title"), max_length=80)
    countries: Any = CountryField(
        _("countries"), multiple=True, blank=True, help_text=_("None: every country that no other market has.")
    )
    currency = models.CharField(_("currency"), max_length=3, choices=choices, default=settings.DEFAULT_CURRENCY)
    prices_include_tax = models.BooleanField(
        _("prices include tax"), default=True, help_text=_("Off: the tax is added at the checkout.")
    )
    language = models.CharField(
        _("language to begin with"), max_length=10, choices=settings.LANGUAGES, default=settings.LANGUAGE_CODE
    )
    gateways = models.JSONField(
        _("ways to pay"), default=list, blank=True, help_text=_("None: every one that the shop has.")
    )
    order_button = models.CharField(
        _("words of the order button"),
        max_length=60,
        blank=True,
        help_text=_("None: “Place order”, in Europe with the words that its law asks for."),
    )
    ask_terms = models.BooleanField(
        _("ask for a tick at the terms"),
        default=False,
        help_text=_("Off: a sentence beside the button says that the order is placed under them."),
    )
    return_days = models.PositiveSmallIntegerField(
        _("days to return"), default=14, help_text=_("After the delivery. 0: returns are not offered.")
    )
    returns_agreed = models.BooleanField(
        _("returns are agreed at once"), default=False, help_text=_("Off: staff look at each before it is sent.")
    )
    active = models.BooleanField(_("open"), default=True)
    position = models.PositiveSmallIntegerField(_("position"), default=0)

    class Meta:
        verbose_name = _("market")
        verbose_name_plural = _("markets")
        ordering = ["position", "pk"]

    def __str__(self) -> str:
        return self.title

    def clean(self) -> None:
        """No country belongs to two markets, and one market at most is for all others."""
        super().clean()
        mine = self.codes
        for other in Market.objects.exclude(pk=self.pk).filter(active=True) if self.active else ():
            theirs = other.codes
            if shared := sorted(mine & theirs):
                raise ValidationError(
                    {
                        "countries": _("%(market)s has %(countries)s already.")
                        % {"market": other, "countries": ", ".join(shared)}
                    }
                )
            if not mine and not theirs:
                raise ValidationError(
                    {"countries": _("%(market)s is for all other countries already.") % {"market": other}}
                )

    @property
    def terms(self) -> Terms:
        """How it sells, as pricing wants to know it."""
        return Terms(self.currency, self.prices_include_tax, settings.DEFAULT_COUNTRY, self.code)

    @cached_property
    def codes(self) -> frozenset[str]:
        """The codes of its countries; empty for every country that no other market has. Every page asks for them."""
        return frozenset(country.code for country in self.countries)


class TaxClass(models.TextChoices):
    """What the law tells apart when it taxes goods."""

    STANDARD = "standard", _("standard")
    REDUCED = "reduced", _("reduced")
    SECOND_REDUCED = "reduced_2", _("second reduced")
    ZERO = "zero", _("zero")


class TaxRate(models.Model):
    """A rate of a country, or of one region of it, from a day on until the next one begins.

    There is no last day, so there can be no hole between two rates.
    """

    country: Any = CountryField(_("country"))
    region = models.CharField(
        _("region"), max_length=100, blank=True, help_text=_("As the post writes it, such as NY. Empty: everywhere.")
    )
    tax_class = models.CharField(_("tax class"), max_length=12, choices=TaxClass.choices, default=TaxClass.STANDARD)
    percent = models.DecimalField(
        _("percent"),
        max_digits=6,
        decimal_places=3,
        validators=[MinValueValidator(0), MaxValueValidator(100)],
    )
    first_day = models.DateField(_("from"), default=timezone.localdate)
    source = models.CharField(_("source"), max_length=80, blank=True, editable=False)

    class Meta:
        verbose_name = _("tax rate")
        verbose_name_plural = _("tax rates")
        ordering = ["country", "region", "tax_class", "-first_day"]
        constraints = [
            models.UniqueConstraint(fields=["country", "region", "tax_class", "first_day"], name="tax_rate_once")
        ]

    def __str__(self) -> str:
        place = f"{self.country.code} {self.region}".strip()
        return f"{place} {self.get_tax_class_display()} {tax.percent_words(self.percent)} % ({self.first_day})"

    def clean(self) -> None:
        """A region is written as addresses have it, so that it is found."""
        super().clean()
        self.region = postal.region(self.country.code, self.region) if self.region else ""

    @property
    def rate(self) -> tax.Rate:
        """As pricing wants to know it."""
        return tax.Rate(self.country.code, self.region, self.tax_class, int(self.percent * 1000), self.first_day)
