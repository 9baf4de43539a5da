"""Invoices and credit notes: their numbers, what they say, and their files. Nothing here is ever changed or deleted."""

from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django_countries.fields import CountryField

from orders.models.order import Order
from orders.models.payment import Refund
from shop.lib.money_field import amount_field
from shop.markets import vat_numbers

PREFIX = RegexValidator(r"^[A-Z0-9-]{1,10}\Z", _("Capital letters, digits and -, at most ten."))


class Kind(models.TextChoices):
    """What a document is."""

    INVOICE = "invoice", _("invoice")
    CREDIT_NOTE = "credit_note", _("credit note")


class Seller(models.Model):
    """Who sells: what stands on every document. There is one row; without it the shop writes none."""

    class Moment(models.TextChoices):
        PAYMENT = "payment", _("when it is paid")
        SHIPMENT = "shipment", _("when the goods have left")

    name = models.CharField(_("name"), max_length=120)
    address = models.CharField(_("street and number"), max_length=120)
    postal_code = models.CharField(_("postal code"), max_length=20)
    city = models.CharField(_("city"), max_length=100)
    country: Any = CountryField(_("country"))
    vat_number = models.CharField(_("VAT number"), max_length=20, blank=True)
    tax_number = models.CharField(
        _("tax number"), max_length=40, blank=True, help_text=_("Of the tax office; where there is no VAT number.")
    )
    register = models.CharField(_("register"), max_length=120, blank=True, help_text=_("Court and number."))
    email = models.EmailField(_("email"))
    footer: Any = models.TextField(_("footer"), max_length=600, blank=True)
    invoice_prefix = models.CharField(_("prefix of invoices"), max_length=10, default="INV-", validators=[PREFIX])
    credit_note_prefix = models.CharField(
        _("prefix of credit notes"), max_length=10, default="CN-", validators=[PREFIX]
    )
    moment = models.CharField(
        _("invoices are written"), max_length=10, choices=Moment.choices, default=Moment.PAYMENT.value
    )

    class Meta:
        verbose_name = _("seller")
        verbose_name_plural = _("seller")

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        """One row, with a number that the tax office knows, and two series."""
        super().clean()
        if Seller.objects.exclude(pk=self.pk).exists():
            raise ValidationError(_("There is a seller already: change that one."))
        if self.vat_number:
            try:
                self.vat_number = vat_numbers.parse(self.vat_number, self.country.code)[1]
            except vat_numbers.BadNumber:
                raise ValidationError({"vat_number": _("This is no VAT number.")}) from None
        if not self.vat_number and not self.tax_number:
            raise ValidationError({"tax_number": _("A VAT number or a tax number: an invoice needs one of them.")})
        if self.invoice_prefix == self.credit_note_prefix:
            raise ValidationError({"credit_note_prefix": _("Invoices and credit notes need different prefixes.")})


class Series(models.Model):
    """The numbers of one kind of document in one year. The row is locked while one is given: none is left out."""

    kind = models.CharField(_("kind"), max_length=12, choices=Kind.choices)
    year = models.PositiveSmallIntegerField(_("year"))
    last = models.PositiveIntegerField(_("last number"), default=0)

    class Meta:
        verbose_name = _("series")
        verbose_name_plural = _("series")
        constraints = [models.UniqueConstraint(fields=["kind", "year"], name="series_once_a_year")]

    def __str__(self) -> str:
        return f"{self.kind} {self.year}: {self.last}"


class Document(models.Model):
    """An invoice or a credit note, with everything that stands on it as it was then (`content`)."""

    kind = models.CharField(_("kind"), max_length=12, choices=Kind.choices)
    year = models.PositiveSmallIntegerField(_("year"))
    place = models.PositiveIntegerField(_("place in its series"))
    number = models.CharField(_("number"), max_length=30, unique=True)
    order = models.ForeignKey(Order, verbose_name=_("order"), on_delete=models.PROTECT, related_name="documents")
    refund = models.OneToOneField(
        Refund, verbose_name=_("refund"), null=True, on_delete=models.PROTECT, related_name="credit_note"
    )
    total = amount_field(_("total"))
    language = models.CharField(_("language"), max_length=10)
    issued_on = models.DateField(_("date"), default=timezone.localdate)
    content = models.JSONField(_("content"))

    class Meta:
        verbose_name = _("document")
        verbose_name_plural = _("documents")
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(fields=["kind", "year", "place"], name="document_number_once"),
            models.UniqueConstraint(fields=["order"], condition=Q(kind="invoice"), name="one_invoice_per_order"),
        ]

    def __str__(self) -> str:
        return self.number


class DocumentFile(models.Model):
    """The PDF of a document, as it was made once. In the database, so that no host and no backup is without it."""

    document = models.OneToOneField(Document, on_delete=models.PROTECT, related_name="file")
    pdf = models.BinaryField()
    sha256 = models.CharField(max_length=64)
    made_at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = _("document file")
        verbose_name_plural = _("document files")

    def __str__(self) -> str:
        return f"{self.document_id}: {self.sha256[:12]}"
