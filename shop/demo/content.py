"""The people, products and delivery methods of the demo shop."""

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.auth.models import Group
from django.core.files import File
from django.db import transaction
from djmoney.money import Money

from orders.models import DeliveryMethod
from shop.accounts.demo_logins import ADMIN, PASSWORD, SHOPPER, STAFF
from shop.accounts.models import User
from shop.catalog import stock
from shop.catalog.models import Category, Product, Variant

HERE = Path(__file__).resolve().parent / "data"


def load() -> bool:
    """Fill an empty shop. Returns False, and does nothing, when there is a product already."""
    if Product.objects.exists():
        return False
    with transaction.atomic():
        people()
        delivery_methods()
        catalogue()
    return True


def people() -> None:
    """A shopper, a member of staff with every role, an admin."""
    User.objects.create_user(SHOPPER, PASSWORD, first_name="Robin", last_name="Shopper")
    staff = User.objects.create_user(STAFF, PASSWORD, first_name="Sam", last_name="Packer", is_staff=True)
    staff.groups.set(Group.objects.filter(name__in=["Catalogue", "Fulfilment", "Support", "Manager"]))
    User.objects.create_superuser(ADMIN, PASSWORD, first_name="Alex", last_name="Owner")


def delivery_methods() -> None:
    """Create three delivery methods."""
    rows: list[tuple[str, str, str, str, str, int, int]] = [
        ("standard", "Standard parcel", "标准快递", "Parcel Wren", "4.90", 2, 4),
        ("express", "Express, tomorrow or the day after", "次日或隔日达", "Swift Courier", "9.50", 1, 2),
        ("bicycle", "By bicycle, next working day", "自行车配送，下一工作日", "Wheelhouse Bikes", "12.00", 1, 1),
    ]
    for position, (code, title, title_zh, carrier, price, least, most) in enumerate(rows):
        DeliveryMethod.objects.create(
            code=code,
            title_en=title,
            title_zh_hans=title_zh,
            carrier=carrier,
            price=_money(price),
            min_days=least,
            max_days=most,
            position=position,
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
                price=_money(row["price"]),
                position=position,
                **_texts(row, "option"),
            )
            stock.adjust(variant, row["stock"], reason="opening")


def _texts(row: dict[str, Any], *names: str) -> dict[str, str]:
    return {
        f"{name}_{language}": row.get(f"{name}{suffix}", "")
        for name in names
        for language, suffix in (("en", ""), ("zh_hans", "_zh_hans"))
    }


def _money(amount: str) -> Any:
    return Money(Decimal(amount), settings.DEFAULT_CURRENCY)
