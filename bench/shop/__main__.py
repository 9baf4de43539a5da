"""A guest's purchase, orders and pages a second, beside django-oscar; and the same checkout event-driven and
synchronous. Prints JSON.

A part of `python -m bench`, which sets the environment up.
"""

import asyncio
import json
import statistics
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import psutil

from bench import kit
from bench.figures import curve, quantiles, spread
from bench.shop import buyers
from bench.shop.systems import Doorbell, Events, Inline, Missing, Oscar, OscarGunicorn, Shop, quiet
from tests.support.servers import free_port

SHOPPERS = 8
"""At once, where the shop has as much to do as it can: more make its figure no better, and the wait longer."""

USUAL, SLOW = "payment 200 ms, mail 50 ms", "payment 200 ms, mail 2 s"
PACES = {
    "nothing outside takes time": {"charge": 0.0, "mail": 0.0},
    USUAL: {"charge": 0.2, "mail": 0.05},
    SLOW: {"charge": 0.2, "mail": 2.0},
}
ORDERS = {"nothing outside takes time": 20, USUAL: 105, SLOW: 25}
"""Waits that are measured: at least a hundred where the p95 has a target."""
RATE = 3.0
"""Orders a second: what the slowest of the variants carries with as many shoppers, so that none has a queue."""


async def one_round(shop: Shop, row: dict[str, Any], times: int, seconds: float) -> None:
    """One shop by itself: purchases one after the other, pages and orders with eight shoppers at once."""
    me = psutil.Process()
    await buyers.each_once(shop.base, shop.products)  # warm: what is cached for a product is there
    await buyers.alone(shop.buy, shop.base, shop.products, 3)
    took = await buyers.alone(shop.buy, shop.base, shop.products, times)
    row["whole"].append([t["whole"] for t in took])
    row["requests"] = int(took[0]["requests"])
    before = me.cpu_times()
    row["pages"].append(await buyers.pages(shop.base, shop.products, SHOPPERS, seconds / 3))
    after = me.cpu_times()
    row["client"].append((after.user + after.system - before.user - before.system) / (seconds / 3))
    if isinstance(shop, Doorbell):
        quiet(shop)
    started = time.perf_counter()
    done, last = await buyers.crowd(shop.buy, shop.base, shop.products, SHOPPERS, seconds)
    # What is put off – mail, stock, pushes – is part of what an order costs: the clock runs until it is done.
    behind = quiet(shop) if isinstance(shop, Doorbell) else 0.0
    row["orders"].append(done / (last - started + behind))
    row["behind"].append(behind)


async def alone(quick: bool) -> dict[str, Any]:
    """Ours without a peer beside it: for a comparison of two revisions."""
    return await shops_in_turns([Doorbell(EMAIL_URL="dummymail://")], quick)


async def beside_oscar(quick: bool) -> dict[str, Any]:
    """Ours and django-oscar under each of its servers."""
    missing: dict[str, str] = {}
    with ThreadPoolExecutor(1) as pool:  # both fill a database first: side by side
        ours = pool.submit(Doorbell, EMAIL_URL="dummymail://")  # as Oscar's: written, and thrown away
        theirs: list[Shop] = []
        for kind in (Oscar, OscarGunicorn):
            try:
                theirs.append(kind())
            except Missing as problem:
                missing[kind.title] = str(problem)
        shops: list[Shop] = [ours.result(), *theirs]
    return {"missing": missing} | await shops_in_turns(shops, quick)


async def shops_in_turns(shops: list[Shop], quick: bool) -> dict[str, Any]:
    """Wall time of a purchase, orders a second, product pages a second."""
    rounds, times, seconds = (1, 8, 4.0) if quick else (3, 15, 9.0)
    found: dict[str, dict[str, Any]] = {
        shop.title: {"whole": [], "orders": [], "pages": [], "client": [], "behind": []} for shop in shops
    }
    for n in range(rounds):
        for shop in shops:
            shop.start()  # type: ignore[attr-defined]
            row = found[shop.title]
            try:
                await one_round(shop, row, times, seconds)
            finally:
                shop.stop()
            kit.say(
                f"  {shop.title}, round {n + 1}: purchase {1000 * statistics.median(row['whole'][-1]):.0f} ms,"
                f" {row['orders'][-1]:.1f} orders/s, {row['pages'][-1]:.0f} pages/s"
            )
    return {
        "shoppers": SHOPPERS,
        "seconds": seconds,
        "shops": {
            title: {
                "purchase": quantiles([value for values in row["whole"] for value in values]),
                "purchase_p50_of_rounds": spread([1000 * statistics.median(values) for values in row["whole"]]),
                "requests": row["requests"],
                "orders_per_second": spread(row["orders"], 2),
                "pages_per_second": spread(row["pages"]),
                "behind_seconds": spread(row["behind"]),
                "client_cores": round(statistics.median(row["client"]), 2),
            }
            for title, row in found.items()
        },
    }


async def checkouts(quick: bool) -> dict[str, Any]:
    """What a shopper waits after **Place order**, event-driven and synchronous, at three paces of the world outside."""
    http, smtp = free_port(), free_port()
    outside = kit.start(sys.executable, "-m", "bench.shop.outside", str(http), str(smtp))
    provider = f"http://127.0.0.1:{http}"
    environment = {"BENCH_PROVIDER": provider, "EMAIL_URL": f"smtp://127.0.0.1:{smtp}"}
    shops = [Events(**environment), Inline(**environment)]
    found: dict[str, Any] = {"rate": RATE, "paces": {}}
    try:
        for shop in shops:
            shop.start()
            await buyers.alone(shop.buy, shop.base, shop.products, 3)
        async with httpx.AsyncClient(base_url=provider) as world:
            for name, pace in PACES.items():
                if quick and name != USUAL:
                    continue
                count = 12 if quick else ORDERS[name]
                for shop in shops:
                    await world.post("/pace", json=pace)
                    found["paces"].setdefault(name, {})[shop.title] = await waited(shop, world, count)
                    kit.say(f"  {name}, {shop.title}: {found['paces'][name][shop.title]['wait']}")
    finally:
        kit.at_once(*(shop.stop for shop in shops))
        kit.stop([outside])
    return found


async def waited(shop: Events | Inline, world: httpx.AsyncClient, count: int) -> dict[str, Any]:
    """The waits of so many orders; then what was charged and sent for them, once nothing is left to do."""
    if shop.variant == "events":
        quiet(shop)  # with the orders before
    before = (await world.get("/count")).json()
    took = await buyers.waits(shop.base, shop.products, RATE, count)
    await world.post("/pace", json={"charge": 0.0, "mail": 0.0})  # what is measured is measured
    if shop.variant == "events":
        quiet(shop)
    done = {what: number - before[what] for what, number in (await world.get("/count")).json().items()}
    if set(done.values()) != {count}:
        raise SystemExit(f"bench: {shop.title} did not do for {count} orders what follows them, once each: {done}")
    return {"wait": quantiles(took), "curve": curve(took)}


def main() -> None:
    """The figures, as JSON."""
    args = kit.arguments("oscar,checkouts")
    parts = {"oscar": beside_oscar, "alone": alone, "checkouts": checkouts}
    print(json.dumps({name: asyncio.run(parts[name](args.quick)) for name in args.only.split(",")}))


if __name__ == "__main__":
    main()
