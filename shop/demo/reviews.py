"""Buyers of the demo who have got their things and say what they think of them, in English and Chinese."""

import json
from pathlib import Path
from typing import Any

from django.conf import settings

from orders.models import Order, offered
from orders.notifications import choices
from shop.accounts.models import User
from shop.catalog import prices
from shop.catalog.models import Variant
from shop.demo import orders
from shop.demo.orders import Buyer
from shop.markets import places
from shop.reviews import writing
from shop.reviews.models import Review

FILE = Path(__file__).resolve().parent / "data" / "reviews.json"


def load() -> None:
    """Each buyer orders, gets the parcel and writes; staff publish all but one. Needs the demo's content."""
    place = places.place(settings.DEFAULT_COUNTRY)
    if place is None or not offered(place.market):
        return
    for buyer in json.loads(FILE.read_text()):
        _load(buyer, place)


def _load(buyer: dict[str, Any], place: places.Place) -> None:
    said = {each["sku"]: each for each in buyer["reviews"]}
    variants = list(Variant.objects.filter(sku__in=said, stock__on_hand__gt=0).order_by("pk"))
    prices.attach(variants, place.currency)
    sold = [variant for variant in variants if variant.price is not None]
    if not sold:
        return
    # Nobody can sign in as these, and their letters would hide those of the demo's shopper.
    User.objects.create_user(buyer["email"], None, first_name=buyer["shown"], silenced=list(choices.KEYS))
    who = Buyer(**{name: buyer[name] for name in ("email", "name", "address", "city", "postal_code", "language")})
    order: Order = orders.bought(who, sold, [1] * len(sold), place)
    orders.arrived(order)
    written = [
        (
            writing.write(
                writing.line_of(order, line.pk),
                stars=said[line.sku]["stars"],
                text=said[line.sku]["text"],
                name=buyer["shown"],
                language=buyer["language"],
            ),
            said[line.sku].get("waits", False),
        )
        for line in order.lines.order_by("pk")
    ]
    writing.decide([review for review, waits in written if not waits], Review.State.PUBLISHED)
