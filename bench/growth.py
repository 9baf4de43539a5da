"""What an order, an event and a page cost when there is much of everything: the same work at growing sizes of the
tables. Prints JSON.

A part of `python -m bench`, on PostgreSQL. The rows that are only there to be many are copied by SQL from one that the
shop wrote.
"""

import json
import re
import statistics
import time
from collections.abc import Callable
from typing import Any

from bench import figures_of_days, kit, recording
from bench.copies import copy
from bench.figures import spread

REPEATS = 3
SIZES = {False: (1_000, 100_000, 1_000_000), True: (1_000, 10_000)}
FIRST_PRODUCTS = 500
PRODUCTS = {False: (1_000, 20_000, 100_000), True: (1_000, 5_000)}


def vacuumed() -> None:
    """As autovacuum leaves the tables."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")


def median_ms(work: Callable[[int], object], times: int, warm: int = 20) -> float:
    """Of each call, after some that do not count."""
    took = []
    for n in range(times + warm):
        started = time.perf_counter()
        work(n)
        took.append(time.perf_counter() - started)
    return round(statistics.median(took[warm:]) * 1000, 3)


# -- Events ------------------------------------------------------------------------------------------


def events(handler: Any, sizes: tuple[int, ...], times: int) -> list[dict[str, Any]]:
    """An event emitted with its change, and handled, with so many handled ones in the log."""
    from django.db import connection

    from events.delivery.processing import process
    from events.models import Delivery, Event
    from tests.support.probe.counting import count

    found, there = [], max(sizes)
    # The first size once more: a machine that has become slower meanwhile would look like growth.
    for size in (*sizes, sizes[0]):
        if size <= there:  # anew
            with connection.cursor() as cursor:
                cursor.execute("TRUNCATE events_delivery, events_event CASCADE")
            count("g")
            process(handler, "counter:g")
            template = Delivery.objects.get(handler="probe.each", stream="counter:g")
            there = 0
        many = f"generate_series({there + 1}, {size}) g"
        stream = "'counter:f' || g / 6"
        copy(Event, template.event_id, many, id="md5('e' || g)::uuid", stream=stream, seq="g %% 6 + 1")
        copy(
            Delivery,
            template.pk,
            many,
            event_id="md5('e' || g)::uuid",
            stream=stream,
            seq="g %% 6 + 1",
        )
        there = size
        vacuumed()
        medians: dict[str, list[float]] = {"emit": [], "handle": [], "both": []}
        for _ in range(REPEATS):
            emitted, handled = [], []
            for n in range(times + 20):
                started = time.perf_counter()
                count(f"g{n % 20}")
                middle = time.perf_counter()
                process(handler, f"counter:g{n % 20}")
                handled.append(time.perf_counter() - middle)
                emitted.append(middle - started)
            assert not Delivery.objects.open().exists()
            both = [a + b for a, b in zip(emitted, handled, strict=True)]
            for name, took in (("emit", emitted), ("handle", handled), ("both", both)):
                medians[name].append(statistics.median(took[20:]) * 1000)
        row = {
            "rows": size,
            "emit_ms": round(statistics.median(medians["emit"]), 3),
            "handle_ms": round(statistics.median(medians["handle"]), 3),
            "both": spread(medians["both"], 3),
        }
        kit.say(f"  events: {row}")
        found.append(row)
    return found


# -- Orders ------------------------------------------------------------------------------------------


def orders(sizes: tuple[int, ...], times: int) -> list[dict[str, Any]]:
    """Placing an order from a cart, and moving it on, with so many orders there; and the pages that read them."""
    from django.db import transaction

    from events.models import Delivery
    from orders.checkout import Details, place_order
    from orders.lifecycle import Actor, Status
    from orders.models import DeliveryMethod, Order, OrderLine
    from orders.transitions import transition
    from shop.cart.models import Cart, CartLine
    from shop.catalog import prices
    from shop.catalog.models import Variant
    from tests.support.factories import ADDRESS, DeliveryMethodFactory

    DeliveryMethodFactory()
    details = Details(**ADDRESS, region="", delivery_method=DeliveryMethod.objects.get(), language="en")
    variants = list(Variant.objects.select_related("product")[:20])
    prices.attach(variants, "EUR")
    placed: list[Order] = []

    def place(n: int) -> None:
        placed.append(place_order(carts[n].pk, carts[n].checkout_key, details, user_id=None, expected=None))

    def pay(n: int) -> None:
        with transaction.atomic():
            transition(placed[n].ref, Status.PAID, by=Actor.GATEWAY, actor="bench")

    found, there = [], 0
    for size in sizes:
        if there == 0:
            carts = [Cart.objects.create()]
            CartLine.objects.create(cart=carts[0], variant=variants[0], quantity=1, price_seen=variants[0].price)
            place(0)
        template = placed[0]
        many = f"generate_series({there + 1}, {size}) g"
        copy(
            Order,
            template.pk,
            many,
            ref="'G' || lpad(g::text, 9, '0')",
            checkout_key="gen_random_uuid()",
            status="CASE WHEN g > 2000 THEN 'delivered' ELSE (ARRAY['paid','preparing','shipped'])[g %% 3 + 1] END",
            placed_at="t.placed_at - g * interval '1 minute'",
            email="'guest' || g || '@example.com'",
        )
        line = OrderLine.objects.filter(order=template)[0]
        those = f"(SELECT id FROM orders_order WHERE ref BETWEEN 'G{there + 1:09}' AND 'G{size:09}') g"
        copy(OrderLine, line.pk, those, order_id="g.id")
        names = ({"session": "'s' || g.id"}, {"tracking": "'t' || g.id"})
        for one, columns in zip(paid_and_sent(template), names, strict=True):
            copy(type(one), one.pk, those, order_id="g.id", **columns)
        figures_of_days.fill(there, size)
        there = size
        vacuumed()
        placed.clear()
        carts = []
        for n in range(times + 20):
            cart = Cart.objects.create()
            CartLine.objects.create(cart=cart, variant=variants[n % 20], quantity=1, price_seen=variants[n % 20].price)
            carts.append(cart)
        row: dict[str, Any] = {"rows": size, "place_ms": median_ms(place, times)}
        row["pay_ms"] = median_ms(pay, times)
        row |= {f"{name}_ms": value for name, value in order_pages(placed[-1]).items()}
        kit.say(f"  orders: {row}")
        found.append(row)
        Delivery.objects.all().delete()
        placed[:] = [template]
    return found


def paid_and_sent(order: Any) -> tuple[Any, Any]:
    """A payment and a parcel of the order, as most orders have them."""
    from orders.models import Parcel, Payment

    payment, _ = Payment.objects.get_or_create(
        order=order, session="s0", defaults={"gateway": "test", "amount": order.total, "state": "captured"}
    )
    parcel, _ = Parcel.objects.get_or_create(
        order=order, tracking="t0", defaults={"sent_by": "manual", "carrier": "Wren", "state": "delivered"}
    )
    return payment, parcel


def order_pages(order: Any) -> dict[str, float]:
    """The order's page, and the pages on which staff begin."""
    from django.test import Client

    from orders import access_links
    from orders.queues.table import QUEUES
    from shop.accounts.models import User

    guest, staff = Client(), Client()
    user, _ = User.objects.get_or_create(email="boss@example.com", defaults={"is_staff": True, "is_superuser": True})
    staff.force_login(user)
    guest.get(access_links.path(order))
    path = order.get_absolute_url()

    def page(client: Any, address: str) -> Callable[[int], None]:
        def read(n: int) -> None:
            assert client.get(address).status_code == 200

        return read

    return {
        "order_page": median_ms(page(guest, path), 9, 3),
        "admin_list": median_ms(page(staff, "/admin/orders/order/"), 9, 3),
        "board": median_ms(page(staff, "/admin/board/"), 9, 3),
        "today": median_ms(page(staff, "/admin/"), 9, 3),
        "insight": median_ms(page(staff, "/admin/insight/?range=365"), 9, 3),
        **{queue.key: median_ms(page(staff, f"/admin/orders/order/?queue={queue.key}"), 9, 3) for queue in QUEUES},
        "admin_search": median_ms(page(staff, f"/admin/search/?s={order.ref}"), 9, 3),
        "admin_search_part": median_ms(page(staff, f"/admin/search/?s={order.ref[2:6]}"), 9, 3),
    }


# -- Products ----------------------------------------------------------------------------------------


OTHER_FILTERS = {
    "list_other_filters": "/products/?min={}.5",
    "cheapest_other_filters": "/products/?sort=cheapest&in_stock=1&min={}.5",
    "search_other_filters": "/search/?q=bowl+number&min={}.5",
}
"""Lists with filters that nobody has asked for before."""


def products(sizes: tuple[int, ...], times: int) -> list[dict[str, Any]]:
    """The catalogue's pages with so many products."""
    from django.test import Client

    from shop.catalog import facets
    from shop.catalog.models import Price, Product, Stock, Variant

    found, there = [], FIRST_PRODUCTS
    one = Product.objects.get(slug="bowl-7")
    variant = Variant.objects.get(product=one)
    stock = Stock.objects.get(variant=variant)
    client = Client()
    for size in sizes:
        many = f"generate_series({there}, {size - 1}) g"
        title = "'Bowl number ' || g"
        category = "(SELECT id FROM catalog_category WHERE slug = 'category-' || g %% 10)"
        copy(
            Product,
            one.pk,
            many,
            slug="'bowl-' || g",
            title=title,
            title_en=title,
            category_id=category,
            created="t.created - g * interval '1 minute'",
        )
        new = (
            "(SELECT p.id, substr(p.slug, 6) AS n FROM catalog_product p "
            "WHERE NOT EXISTS (SELECT 1 FROM catalog_variant v WHERE v.product_id = p.id)) g"
        )
        copy(Variant, variant.pk, new, product_id="g.id", sku="'B-' || g.n")
        new = (
            "(SELECT v.id, v.sku FROM catalog_variant v "
            "WHERE NOT EXISTS (SELECT 1 FROM catalog_price p WHERE p.variant_id = v.id)) g"
        )
        price = Price.objects.get(variant=variant)
        copy(Price, price.pk, new, variant_id="g.id", amount="10 + substr(g.sku, 3)::int %% 40")
        new = (
            "(SELECT v.id, v.sku FROM catalog_variant v "
            "WHERE NOT EXISTS (SELECT 1 FROM catalog_stock s WHERE s.variant_id = v.id)) g"
        )
        copy(Stock, stock.pk, new, variant_id="g.id", sku="g.sku")
        there = size
        vacuumed()
        pages = {
            "home": "/",
            "product": f"/products/bowl-{size // 2}/",
            "list": "/products/",
            "list_page_9": "/products/?page=9",
            "category": "/products/?category=category-3",
            "cheapest_in_stock": "/products/?sort=cheapest&in_stock=1",
            "search": "/search/?q=bowl+number",
            "search_one": f"/search/?q={size // 2 + 1}",
            "suggest": "/search/suggest?q=bow",
        }
        row: dict[str, Any] = {"rows": size}
        for name, path in pages.items():

            def read(n: int, path: str = path) -> None:
                response = client.get(path)
                assert response.status_code == 200, (path, response.status_code)

            row[f"{name}_ms"] = median_ms(read, times, 2)
        for name, path in OTHER_FILTERS.items():

            def filtered(n: int, path: str = path) -> None:
                assert client.get(path.format(n)).status_code == 200

            row[f"{name}_ms"] = median_ms(filtered, times, 2)

        def first(n: int) -> None:
            facets.on_sale.forget()
            assert client.get("/products/").status_code == 200

        row["list_first_of_a_process_ms"] = median_ms(first, times, 2)
        assert re.search(rb"bowl-", client.get("/products/").content)
        kit.say(f"  products: {row}")
        found.append(row)
    return found


def main() -> None:
    """The figures, as JSON."""
    args = kit.arguments("events,orders,products")
    kit.site()
    from bench.shop import prepare

    prepare.fill(FIRST_PRODUCTS)
    times = 12 if args.quick else 120

    def of_events() -> list[dict[str, Any]]:
        with recording.only_for("probe.each") as handler:
            return events(handler, SIZES[args.quick], times)

    parts: dict[str, Callable[[], Any]] = {
        "products": lambda: products(PRODUCTS[args.quick], 5 if args.quick else 11),
        "orders": lambda: orders(SIZES[args.quick], times),
        "events": of_events,
    }
    with recording.silent():  # nobody listens here
        print(json.dumps({name: part() for name, part in parts.items() if name in args.only.split(",")}))


if __name__ == "__main__":
    main()
