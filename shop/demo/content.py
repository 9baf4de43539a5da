"""The people, products and delivery methods of the demo shop."""

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.auth.models import Group
from django.core.files import File
from django.core.files.base import ContentFile
from django.db import transaction
from django.utils import timezone
from djmoney.money import Money

from orders.models import DeliveryMethod, Seller
from orders.shipping.carriers import base
from shop.accounts.demo_logins import ADMIN, PASSWORD, SHOPPER, STAFF
from shop.accounts.models import User
from shop.catalog import prices, stock
from shop.catalog.models import Category, Picture, Product, Variant
from shop.markets import eu_rates
from shop.markets.models import Market, TaxRate
from shop.pages import seeding
from shop.pricing.tax import EU
from shop.vouchers.models import Promotion

COURIER = "courier"
HERE = Path(__file__).resolve().parent / "data"


def load() -> bool:
    """Fill an empty shop. Returns False, and does nothing, when there is a product already."""
    if Product.objects.exists():
        return False
    with transaction.atomic():
        people()
        eu_rates.seed(timezone.localdate())
        markets()
        seller()
        delivery_methods()
        seeding.seed(published=True)
        catalogue()
        vouchers()
    return True


def people() -> None:
    """A shopper, a member of staff with every role, an admin."""
    User.objects.create_user(SHOPPER, PASSWORD, first_name="Robin", last_name="Shopper")
    sam = {"first_name": "Sam", "last_name": "Packer", "is_staff": True, "shows_name": True}
    staff = User.objects.create_user(STAFF, PASSWORD, **sam)
    staff.groups.set(Group.objects.filter(name__in=["Catalogue", "Fulfilment", "Support", "Manager"]))
    User.objects.create_superuser(ADMIN, PASSWORD, first_name="Alex", last_name="Owner")


def markets() -> None:
    """The European Union, the United States, China, and a last one for all other countries."""
    rows: list[tuple[str, str, str, Any, str, bool, str]] = [
        ("eu", "European Union", "欧盟", sorted(EU), "EUR", True, "en"),
        ("us", "United States", "美国", ["US"], "USD", False, "en"),
        ("cn", "China", "中国", ["CN"], "CNY", True, "zh-hans"),
        ("world", "Everywhere else", "其他地区", [], "EUR", True, "en"),
    ]
    for position, (code, title, title_zh, countries, currency, inside, language) in enumerate(rows):
        if currency in settings.CURRENCIES:
            Market.objects.create(
                code=code,
                title_en=title,
                title_zh_hans=title_zh,
                countries=countries,
                currency=currency,
                prices_include_tax=inside,
                language=language,
                position=position,
            )
    # A shop that has a store in New York charges its sales tax there.
    for region, percent in (("", "0"), ("NY", "8.875")):
        TaxRate.objects.create(country="US", region=region, percent=Decimal(percent), source="demo")


def seller() -> None:
    """Who writes the invoices. The number's check digits are right; nobody has it."""
    Seller.objects.create(
        name="Morrow & Finch GmbH",
        address="Kastanienweg 7",
        postal_code="10115",
        city="Berlin",
        country="DE",
        vat_number="DE136695976",
        email="shop@example.com",
        footer_en="This is a demo: no goods are sold, and no money moves.",
        footer_zh_hans="这是演示：不出售商品，也不涉及真实资金。",
    )


def delivery_methods() -> None:
    """Create three delivery methods at home, and one for each of the two far markets."""
    rows: list[tuple[str, str, str, str, Any, int, int]] = [
        ("standard", "Standard parcel", "标准快递", "Parcel Wren", Money("4.90", "EUR"), 2, 4),
        ("express", "Express, tomorrow or the day after", "次日或隔日达", "Swift Courier", Money("9.50", "EUR"), 1, 2),
        ("bicycle", "By bicycle, next day", "自行车配送，次日达", "Wheelhouse Bikes", Money("12.00", "EUR"), 1, 1),
        ("air-us", "Air parcel", "航空包裹", "Swift Courier", Money("18.00", "USD"), 5, 9),
        ("air-cn", "Air parcel", "航空包裹", "Swift Courier", Money("98.00", "CNY"), 6, 12),
    ]
    known = {each.name for each in base.every()}
    for position, (code, title, title_zh, carrier, price, least, most) in enumerate(rows):
        if price.currency.code not in settings.CURRENCIES:
            continue
        DeliveryMethod.objects.create(
            code=code,
            title_en=title,
            title_zh_hans=title_zh,
            carrier=carrier,
            price=price,
            min_days=least,
            max_days=most,
            position=position,
            sent_by="rider" if code == "bicycle" else COURIER if COURIER in known else "manual",
        )


def vouchers() -> None:
    """Ten percent for who reads the banner."""
    Promotion.objects.create(
        title_en="Ten percent off your first order",
        title_zh_hans="首单九折",
        code="WELCOME10",
        kind="percent",
        percent=Decimal(10),
        most_per_shopper=1,
        in_banner=True,
    )


def catalogue() -> None:
    """Categories, products, variants, stock and pictures of `catalogue.json`."""
    content = json.loads((HERE / "catalogue.json").read_text())
    categories: dict[str, Category] = {}
    for top in content["categories"]:
        categories[top["slug"]] = parent = Category.objects.add_root(
            instance=Category(slug=top["slug"], **_texts(top, "title", "blurb"))
        )
        for child in top.get("children", []):
            parent.refresh_from_db()
            categories[child["slug"]] = Category.objects.add_child(
                parent, instance=Category(slug=child["slug"], **_texts(child, "title", "blurb"))
            )
    for item in content["products"]:
        product = Product(
            slug=item["slug"],
            category=categories[item["category"]],
            featured=item.get("featured", False),
            **_texts(item, "title", "text", "picture_alt"),
        )
        with (HERE / "pictures" / item["picture"]).open("rb") as picture:
            product.picture.save(item["picture"], File(picture), save=False)
        product.save()
        for position, row in enumerate(item["variants"]):
            variant = Variant.objects.create(
                product=product,
                sku=row["sku"],
                position=position,
                **_texts(row, "option"),
            )
            _dye(variant, row.get("colours", {}), item["picture"])
            for currency in settings.CURRENCIES:
                if amount := _price(Decimal(row["price"]), currency):
                    prices.put(variant, currency, amount)
            stock.adjust(variant, row["stock"], reason="opening")


def _dye(variant: Variant, colours: dict[str, str], name: str) -> None:
    """A picture of the variant: its product's, with some colours exchanged for others."""
    if not colours:
        return
    drawing = (HERE / "pictures" / name).read_text()
    for old, new in colours.items():
        drawing = drawing.replace(old, new)
    picture = Picture(product=variant.product, variant=variant, position=variant.position)
    for language in ("en", "zh_hans"):
        title, option = (
            getattr(each, f"{text}_{language}") for each, text in ((variant.product, "title"), (variant, "option"))
        )
        setattr(picture, f"alt_{language}", f"{title}: {option}")
    picture.file.save(f"{variant.sku.lower()}.svg", ContentFile(drawing.encode()))


def _texts(row: dict[str, Any], *names: str) -> dict[str, str]:
    return {
        f"{name}_{language}": row.get(f"{name}{suffix}", "")
        for name in names
        for language, suffix in (("en", ""), ("zh_hans", "_zh_hans"))
    }


def _price(euros: Decimal, currency: str) -> Money | None:
    """A price that somebody might have set for the market, from the one in euros."""
    if currency == settings.DEFAULT_CURRENCY:
        return Money(euros, currency)
    factor = {"USD": Decimal("1.2"), "CNY": Decimal(8)}.get(currency)
    return Money((euros * factor).to_integral_value(), currency) if factor else None
