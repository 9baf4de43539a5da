"""The ways to send a parcel."""

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from events.db.prepared import prepared
from shop.lib.money_field import amount_field
from shop.markets.models import Market


def tracking_link(address: str) -> None:
    """Refuse what is no address with a place for the number."""
    if not address.startswith(("https://", "http://")) or "{number}" not in address:
        raise ValidationError(_("An address with {number} in it, such as https://carrier.example/track/{number}."))


class DeliveryMethod(models.Model):
    """A way to send a parcel, what it costs, and what may be promised."""

    code = models.SlugField(_("code"), unique=True)
    title = models.CharField(_("title"), max_length=80)
    carrier = models.CharField(_("carrier"), max_length=60, help_text=_("As the shopper reads it."))
    sent_by = models.CharField(
        _("scans come by"),
        max_length=40,
        default="manual",
        help_text=_("Who tells the shop where a parcel is: staff, or a carrier's webhook."),
    )
    tracking_link = models.CharField(
        _("address of the carrier's page"),
        max_length=250,
        blank=True,
        validators=[tracking_link],
        help_text=_("With {number} where the tracking number goes, such as https://carrier.example/track/{number}."),
    )
    price = amount_field(_("price"), help_text=_("As the market shows prices: with its tax, or without."))
    market = models.ForeignKey(
        Market,
        verbose_name=_("market"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="delivery_methods",
        help_text=_("Empty: every market that sells in the currency of the price."),
    )
    min_days = models.PositiveSmallIntegerField(_("working days, at least"), default=2)
    max_days = models.PositiveSmallIntegerField(_("working days, at most"), default=4)
    active = models.BooleanField(_("offered"), default=True)
    position = models.PositiveSmallIntegerField(_("position"), default=0)

    class Meta:
        verbose_name = _("delivery method")
        verbose_name_plural = _("delivery methods")
        ordering = ["position", "pk"]

    def __str__(self) -> str:
        return self.title


@prepared
def _everywhere(currency: str) -> QuerySet[DeliveryMethod]:
    return QuerySet(DeliveryMethod).filter(active=True, market=None, price_currency=currency)


@prepared
def _in_market(currency: str, market: int) -> QuerySet[DeliveryMethod]:
    mine = Q(market=None) | Q(market=market)
    return QuerySet(DeliveryMethod).filter(mine, active=True, price_currency=currency)


def offered(market: Market) -> list[DeliveryMethod]:
    """The methods that a market offers, in their order."""
    return _in_market(market.currency, market.pk) if market.pk else _everywhere(market.currency)
