"""`python -m bench.shop.prepare COUNT`: migrates, and fills the shop with COUNT products.

Prints the first 50 products' pages as JSON.
"""

import json
import sys
from datetime import timedelta

import django

django.setup()

from django.core.management import call_command  # noqa: E402
from django.db import connection, transaction  # noqa: E402
from django.db.models import QuerySet  # noqa: E402
from django.utils import timezone  # noqa: E402
from djmoney.money import Money  # noqa: E402

from events.models import Delivery  # noqa: E402
from orders.models import DeliveryMethod  # noqa: E402
from shop.catalog.models import Category, Price, Product, Stock, Variant  # noqa: E402
from shop.markets.models import TaxRate  # noqa: E402
from shop.vouchers.models import Promotion  # noqa: E402

TEXT = (
    "Turned from a single piece of ash, oiled by hand, and made to be used every day. It takes a knock, and looks the "
    "better for it. Wipe it with a damp cloth, and let it dry in the open air."
)
CATEGORIES = 10


def fill(count: int, start: int = 0) -> None:
    """Products `start`…`count`, each with a variant and a stock that nobody buys up."""
    categories = list(Category.objects.all()) or [
        Category.objects.add_root(instance=Category(title=f"Category {n}", slug=f"category-{n}"))
        for n in range(CATEGORIES)
    ]
    now = timezone.now()
    for first in range(start, count, 5000):
        numbers = range(first, min(count, first + 5000))
        products = Product.objects.bulk_create(
            [
                Product(
                    slug=f"bowl-{n}",
                    title=f"Bowl number {n}",
                    text=TEXT,
                    category=categories[n % CATEGORIES],
                    featured=n % 50 == 0,
                    created=now - timedelta(minutes=n),
                )
                for n in numbers
            ],
            batch_size=1000,
        )
        variants = Variant.objects.bulk_create(
            [Variant(product=p, sku=f"B-{n}") for n, p in zip(numbers, products, strict=True)],
            batch_size=1000,
        )
        Price.objects.bulk_create(
            [Price(variant=v, amount=Money(10 + n % 40, "EUR")) for n, v in zip(numbers, variants, strict=True)],
            batch_size=1000,
        )
        # Past the verbs of stock on purpose: a hundred thousand events are not what is measured here.
        stocks = [Stock(variant=v, sku=v.sku, on_hand=1_000_000, version=1) for v in variants]
        QuerySet(Stock).bulk_create(stocks, batch_size=1000)
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE" if connection.vendor == "postgresql" else "ANALYZE")


def main() -> None:
    call_command("migrate", run_syncdb=True, interactive=False, verbosity=0)
    call_command("collectstatic", interactive=False, verbosity=0)
    with transaction.atomic():
        DeliveryMethod.objects.create(
            code="standard", title="Standard parcel", carrier="Parcel Wren", price=Money("4.90", "EUR")
        )
        # As a real shop has them: every order is taxed, and has a discount.
        TaxRate.objects.create(country="DE", percent=19)
        Promotion.objects.create(title="A tenth off", percent=10)
    fill(int(sys.argv[1]))
    assert not Delivery.objects.open().exists()
    print(json.dumps({"products": [f"/products/bowl-{n}/" for n in range(50)]}))


if __name__ == "__main__":
    main()
