"""What pages and mails say of the seller and of the delivery, made from the rows that the shop sells by."""

from dataclasses import dataclass
from email.utils import parseaddr

from django import template
from django.conf import settings
from django.urls import reverse
from django.utils.translation import get_language

from orders.models import DeliveryMethod, Seller
from orders.models.delivery_method import offered
from shop.lib.kept_briefly import kept_briefly
from shop.lib.language_addresses import address_in, without_language
from shop.markets.models import Market
from shop.markets.places import open_markets
from shop.pages import published
from shop.pages.models import Kind

register = template.Library()


@dataclass(frozen=True)
class Costs:
    """The delivery methods of a market."""

    market: Market
    methods: list[DeliveryMethod]


@register.simple_tag
def delivery_costs() -> list[Costs]:
    """What each market's delivery methods cost; those of a market that offers none are left out."""
    found = (Costs(market, offered(market)) for market in open_markets())
    return [each for each in found if each.methods]


@kept_briefly()
def _sellers() -> list[Seller]:
    return list(Seller.objects.all()[:1])


_sellers.forget_with(Seller)


@register.simple_tag
def seller() -> Seller | None:
    """Who sells; None if the owner has not said so."""
    return next(iter(_sellers()), None)


@register.simple_tag
def contact_address() -> str:
    """The mail address at which the shop is asked: the seller's, else the one that mails come from."""
    who = seller()
    return str(who.email) if who else parseaddr(settings.DEFAULT_FROM_EMAIL)[1]


@register.simple_tag
def site_address(name: str) -> str:
    """The whole address of a page in the active language, for mails."""
    return address_in(get_language() or settings.LANGUAGE_CODE, without_language(reverse(name)))


@register.simple_tag
def published_pages() -> list[dict[str, str]]:
    """Imprint and terms with their whole addresses, as far as they are published, for the foot of mails."""
    language = get_language() or settings.LANGUAGE_CODE
    return [
        {"title": each.title, "address": address_in(language, without_language(each.address))}
        for each in published.listed()
        if each.kind in (Kind.IMPRINT, Kind.TERMS, Kind.WITHDRAWAL)
    ]
