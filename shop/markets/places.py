"""Which market a visitor is in: that of the country to which they want things delivered."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, cast

from django.conf import settings
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _
from django_countries import countries

from events.db.prepared import prepared
from shop.lib.kept_briefly import kept_briefly
from shop.markets.models import Market, TaxRate
from shop.pricing.tax import EU, Rate

OBLIGATION_TO_PAY = EU | {"GB", "IS", "LI", "NO"}
"""Where the button that places an order must say that it has to be paid (directive 2011/83/EU, article 8)."""
COOKIE = "deliver_to"
COOKIE_SECONDS = 365 * 24 * 3600


@dataclass(frozen=True)
class Place:
    """A country and the market that it belongs to."""

    country: str
    market: Market

    @property
    def name(self) -> str:
        """The country's name, in the active language."""
        return str(countries.name(self.country))

    @property
    def words(self) -> str:
        """Country and currency, as the foot of the page shows them: Germany · EUR."""
        return f"{self.name} · {self.currency}"

    @property
    def currency(self) -> str:
        """The code of the currency in which it pays."""
        return self.market.currency

    @property
    def order_button(self) -> str:
        """The words of the button that places an order: the market's own, else those that the country's law wants."""
        if self.market.order_button:
            return str(self.market.order_button)
        if self.country in OBLIGATION_TO_PAY:
            return str(_("Place order with obligation to pay"))
        return str(_("Place order"))


@prepared
def _open_markets() -> QuerySet[Market]:
    return QuerySet(Market).filter(active=True).order_by("position", "pk")


def everywhere() -> Market:
    """What a shop without markets is: every country, in its own currency. It is no row."""
    return Market(code="", title=str(_("Everywhere")), currency=settings.DEFAULT_CURRENCY)


@kept_briefly()
def open_markets() -> list[Market]:
    """The markets that are open, in their order; never none."""
    return _open_markets() or [everywhere()]


def market_of(country: str, markets: Sequence[Market]) -> Market | None:
    """The market that has the country: the one that names it, else the one for all others."""
    if country not in countries:
        return None
    named = next((market for market in markets if country in market.codes), None)
    return named or next((market for market in markets if not market.codes), None)


def place(country: str) -> Place | None:
    """The country with its market; None if the shop does not sell there."""
    market = market_of(country, open_markets())
    return Place(country, market) if market else None


def here(request: HttpRequest) -> Place:
    """Where this visitor wants things delivered: what they chose, else the shop's own country. Read once a request."""
    found: Place | None = getattr(request, "_place", None)
    if found is None:
        found = _find(request.COOKIES.get(COOKIE, ""))
        cast(Any, request)._place = found
    return found


def _find(chosen: str) -> Place:
    markets = open_markets()
    for country in (chosen, settings.DEFAULT_COUNTRY):
        if market := market_of(country, markets):
            return Place(country, market)
    first = markets[0]
    return Place(min(first.codes), first)


def remember(request: HttpRequest, response: HttpResponse, chosen: Place) -> None:
    """From now on, this visitor wants things delivered there."""
    cast(Any, request)._place = chosen
    if request.COOKIES.get(COOKIE) != chosen.country:
        secure = settings.SESSION_COOKIE_SECURE
        response.set_cookie(
            COOKIE, chosen.country, max_age=COOKIE_SECONDS, httponly=True, samesite="Lax", secure=secure
        )


def sold_to(markets: Sequence[Market]) -> frozenset[str] | None:
    """The codes of the countries that are sold to; None for all there are."""
    if any(not market.codes for market in markets):
        return None
    return frozenset(code for market in markets for code in market.codes)


def by_name(markets: Sequence[Market]) -> list[tuple[str, str]]:
    """The countries that are sold to, (code, name), in the order of their names in the active language."""
    codes = sold_to(markets)
    return [(code, str(name)) for code, name in countries if codes is None or code in codes]


@prepared
def _rates(country: str, seller: str) -> QuerySet[TaxRate]:
    return QuerySet(TaxRate).filter(Q(country=country) | Q(country=seller)).order_by()


@kept_briefly()
def rates_for(country: str) -> list[Rate]:
    """The tax rates that decide about goods for that country: its own, and those of the seller's country."""
    return [row.rate for row in _rates(country, settings.DEFAULT_COUNTRY)]
