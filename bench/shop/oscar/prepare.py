"""`python -m bench.shop.oscar.prepare COUNT`: migrates an empty database, and fills it with COUNT products.

Prints one line of JSON: the paths of the first 50 products' pages.
"""

import json
import os
import sys
from decimal import Decimal
from io import BytesIO
from pathlib import Path

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "bench.shop.oscar.settings")

import django

django.setup()

from django.conf import settings  # noqa: E402
from django.contrib.sites.models import Site  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.db import connection, transaction  # noqa: E402
from oscar.core.loading import get_model  # noqa: E402
from oscar.core.thumbnails import get_thumbnailer  # noqa: E402
from PIL import Image, ImageDraw  # noqa: E402

Country = get_model("address", "Country")
ProductRecord = get_model("analytics", "ProductRecord")
Category = get_model("catalogue", "Category")
Product = get_model("catalogue", "Product")
ProductCategory = get_model("catalogue", "ProductCategory")
ProductClass = get_model("catalogue", "ProductClass")
ProductImage = get_model("catalogue", "ProductImage")
Partner = get_model("partner", "Partner")
StockRecord = get_model("partner", "StockRecord")

PAGES = 50
TEXT = (
    "Turned from a single piece of ash, oiled by hand, and made to be used every day. It takes a knock, and looks the "
    "better for it. Wipe it with a damp cloth, and let it dry in the open air."
)


def picture(number: int) -> bytes:
    """A JPEG unlike the others."""
    image = Image.new("RGB", (480, 400), f"hsl({number * 47 % 360}, 45%, 70%)")
    ImageDraw.Draw(image).text((200, 190), f"No. {number}", fill="black")
    file = BytesIO()
    image.save(file, "JPEG", quality=80)
    return file.getvalue()


def fill(count: int) -> list[str]:
    """Everything that a guest needs for an order; the pages of the first products."""
    Site.objects.filter(pk=settings.SITE_ID).update(domain="127.0.0.1", name=settings.OSCAR_SHOP_NAME)
    Country.objects.create(
        iso_3166_1_a2="DE", iso_3166_1_a3="DEU", printable_name="Germany", name="Germany", is_shipping_country=True
    )
    kind = ProductClass.objects.create(name="Goods", requires_shipping=True, track_stock=True)
    category = Category.objects.add_root(instance=Category(name="Kitchen", slug="kitchen"))
    partner = Partner.objects.create(name="Warehouse", code="warehouse")
    products = Product.objects.bulk_create(
        Product(
            title=f"Bowl number {number}",
            slug=f"bowl-number-{number}",
            upc=f"{number:012}",
            description=TEXT,
            product_class=kind,
            structure=Product.STANDALONE,
        )
        for number in range(1, count + 1)
    )
    ProductCategory.objects.bulk_create(ProductCategory(product=product, category=category) for product in products)
    StockRecord.objects.bulk_create(
        StockRecord(
            product=product,
            partner=partner,
            partner_sku=product.upc,
            price=Decimal(10 + number % 40) + Decimal("0.90"),
            num_in_stock=1_000_000,
        )
        for number, product in enumerate(products)
    )
    # Oscar counts views here, and makes the row on the first: two first views at once would end in an error.
    ProductRecord.objects.bulk_create(ProductRecord(product=product) for product in products)
    folder = Path(settings.MEDIA_ROOT, "images")
    folder.mkdir(parents=True, exist_ok=True)
    for number, product in enumerate(products):
        (folder / f"{product.upc}.jpg").write_bytes(picture(number))
    images = ProductImage.objects.bulk_create(
        ProductImage(product=product, original=f"images/{product.upc}.jpg", display_order=0) for product in products
    )
    # The sizes of the product's page, the basket and the thank-you page, so that no buyer waits for them.
    thumbnailer = get_thumbnailer()
    for image in images[:PAGES]:
        for size in ("440x400", "100x100", "200x200"):
            thumbnailer.generate_thumbnail(image.original, size=size, upscale=False)
    return [product.get_absolute_url() for product in products[:PAGES]]


def main() -> None:
    call_command("migrate", verbosity=0)
    with transaction.atomic():
        pages = fill(int(sys.argv[1]))
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")  # plans as of a shop that has run for a while
    print(json.dumps({"products": pages}))


if __name__ == "__main__":
    main()
