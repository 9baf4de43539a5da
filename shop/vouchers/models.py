"""Promotions, and the orders that claim them."""

import uuid
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from events.emission import EmitsEvents, GuardedQuerySet
from events.log.stream_names import StreamName
from shop.catalog.models import Category, Product
from shop.lib.money_field import amount_field
from shop.pricing.promotions import Kind, normalized

LONGEST_CODE = 40
KINDS = [
    (Kind.PERCENT.value, _("percentage")),
    (Kind.AMOUNT.value, _("amount")),
    (Kind.X_FOR_Y.value, _("X for the price of Y")),
    (Kind.FREE_DELIVERY.value, _("free delivery")),
]


class Promotion(models.Model):
    """A discount. With a code it is a voucher: only who types the code has it."""

    title: Any = models.CharField(
        _("title"), max_length=120, help_text=_("What the shopper reads beside the discount.")
    )
    code = models.CharField(
        _("code"),
        max_length=LONGEST_CODE,
        unique=True,
        null=True,
        blank=True,
        validators=[RegexValidator(r"^[0-9A-Za-z_-]+\Z", _("Letters, digits, - and _ only."))],
        help_text=_("Empty: everybody has it."),
    )
    kind = models.CharField(_("kind"), max_length=16, choices=KINDS, default=Kind.PERCENT.value)
    percent = models.DecimalField(
        _("percent"),
        max_digits=6,
        decimal_places=3,
        null=True,
        blank=True,
        validators=[MinValueValidator(0), MaxValueValidator(100)],
    )
    amount = amount_field(_("amount"), null=True, blank=True)
    buy = models.PositiveSmallIntegerField(_("X: things taken"), null=True, blank=True)
    pay = models.PositiveSmallIntegerField(_("Y: things paid"), null=True, blank=True)
    products = models.ManyToManyField(
        Product, verbose_name=_("products"), blank=True, help_text=_("None, and no categories either: everything.")
    )
    categories: Any = models.ManyToManyField(
        Category, verbose_name=_("categories"), blank=True, help_text=_("With all categories below them.")
    )
    minimum = amount_field(
        _("minimum"), null=True, blank=True, help_text=_("What the goods that it is for cost at least.")
    )
    starts = models.DateTimeField(_("from"), null=True, blank=True)
    ends = models.DateTimeField(_("until"), null=True, blank=True)
    most_uses = models.PositiveIntegerField(_("uses in all"), null=True, blank=True, help_text=_("Empty: any number."))
    most_per_shopper = models.PositiveIntegerField(
        _("uses of one mail address"), null=True, blank=True, help_text=_("Empty: any number.")
    )
    combines = models.BooleanField(_("goes with others"), default=True)
    in_banner = models.BooleanField(
        _("in the banner"), default=False, help_text=_("The home page tells of it, with its code.")
    )
    active = models.BooleanField(_("active"), default=True)

    class Meta:
        verbose_name = _("promotion")
        verbose_name_plural = _("promotions")
        ordering = ["-active", "-pk"]

    def __str__(self) -> str:
        return f"{self.title} ({self.code})" if self.code else self.title

    @property
    def limited(self) -> bool:
        """Whether it can be used up."""
        return self.most_uses is not None or self.most_per_shopper is not None

    def clean(self) -> None:
        """Each kind needs its own numbers, and no others."""
        super().clean()
        self.code = normalized(self.code) if self.code else None
        if self.kind not in dict(KINDS):
            return  # its own field says so
        needed = {
            Kind.PERCENT: ("percent",),
            Kind.AMOUNT: ("amount",),
            Kind.X_FOR_Y: ("buy", "pay"),
            Kind.FREE_DELIVERY: (),
        }[Kind(self.kind)]
        problems: dict[str, Any] = {
            name: _("This kind of promotion needs it.") for name in needed if getattr(self, name) is None
        }
        for name in ("percent", "amount", "buy", "pay"):
            if name not in needed:
                setattr(self, name, None)
        if not problems and self.kind == Kind.X_FOR_Y and not 0 <= (self.pay or 0) < (self.buy or 0):
            problems["pay"] = _("There must be fewer things to pay than to take.")
        if self.starts and self.ends and self.starts >= self.ends:
            problems["ends"] = _("It would end before it begins.")
        if self.amount and self.minimum and self.amount.currency != self.minimum.currency:
            problems["minimum"] = _("The minimum must be in the currency of the amount.")
        if problems:
            raise ValidationError(problems)


class Claim(EmitsEvents):
    """One use of a promotion by the order `ref`, and by the mail address `shopper`. Its stream is `claim:<id>`."""

    class State(models.TextChoices):
        CLAIMED = "claimed", _("claimed")
        RELEASED = "released", _("released")

    guarded = frozenset({"state"})

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    promotion = models.ForeignKey(Promotion, on_delete=models.PROTECT, related_name="claims")
    ref = models.CharField(max_length=40, db_index=True)
    shopper = models.CharField(max_length=254)
    state = models.CharField(max_length=10, choices=State.choices, default=State.CLAIMED)

    objects = GuardedQuerySet.as_manager()

    class Meta(EmitsEvents.Meta):
        verbose_name = _("claim")
        verbose_name_plural = _("claims")
        constraints = [models.UniqueConstraint(fields=["promotion", "ref"], name="claim_once_per_order")]
        indexes = [models.Index(fields=["promotion", "state", "shopper"], name="claim_counted")]

    def __str__(self) -> str:
        return f"{self.promotion_id} for {self.ref}"

    @property
    def stream(self) -> str:
        return str(StreamName("claim", str(self.id)))
