"""What a product's page promises: when something that is ordered now would come, and what its delivery costs."""

from django.utils import timezone
from django.utils.translation import get_language, override
from django.utils.translation import gettext as _
from djmoney.money import Money

from orders.models.delivery_method import offered
from orders.presentation import day_range
from orders.shipping import estimate
from shop.lib.kept_briefly import kept_briefly
from shop.markets import places
from shop.markets.places import Place
from shop.pricing.amounts import money
from shop.pricing.promotions import Kind
from shop.vouchers import offers


def words(place: Place) -> str:
    """The cheapest way to that place in a sentence; "" where no method goes there."""
    return _words(place.country, get_language() or "")


@kept_briefly(60)
def _words(country: str, language: str) -> str:
    """A page may be a minute behind a new day, a new price or new holidays."""
    place = places.place(country)
    methods = offered(place.market) if place else []
    if place is None or not methods:
        return ""
    cheapest = min(methods, key=lambda method: (method.price.amount, method.max_days))
    with override(language):
        free = _free_from(place.currency)
        found = estimate.promised(cheapest, timezone.localdate(), place.country)
        known = {"days": day_range(found.first, found.last), "price": cheapest.price, "country": place.name}
        if not cheapest.price.amount or (free is not None and not free.amount):
            return _("At your door %(days)s, free to %(country)s.") % known
        said = _("At your door %(days)s, %(price)s to %(country)s.") % known
        return said if free is None else f"{said} {_('Free for orders from %(amount)s.') % {'amount': free}}"


def _free_from(currency: str) -> Money | None:
    """The sum from which everybody's delivery is free, whatever is bought; None if there is none."""
    now = timezone.now()
    sums = [
        each.minimum
        for each in offers.offers((), "")
        if each.kind == Kind.FREE_DELIVERY
        and each.currency in ("", currency)  # without a minimum it has none
        and not (each.products or each.categories)
        and (each.starts is None or each.starts <= now)
        and (each.ends is None or now < each.ends)
        and (each.left is None or each.left > 0)
    ]
    return money(min(sums), currency) if sums else None
