"""A guest's purchase, orders and pages a second, beside django-oscar; and the same checkout event-driven and synchronous. Prints JSON.

A part of `python -m bench`, which sets the environment up.
"""

import asyncio
import json
import statistics
import sys
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import psutil

from bench import kit
from bench.shop import buyers
from bench.shop.systems import Doorbell, Events, Inline, Missing, Oscar, OscarGunicorn, Shop, quiet
from tests.support.servers import free_port

SHOPPERS = 8
"""At once, where the shop has as much to do as it can: more make its figure no better, and the wait longer."""

PACES = {
    "nothing outside takes time": {"charge": 0.0, "mail": 0.0},
    "payment 200 ms, mail 50 ms": {"charge": 0.2, "mail": 0.05},
    "payment 200 ms, mail 2 s": {"charge": 0.2, "mail": 2.0},
}
ORDERS = {"nothing outside takes time": 15, "payment 200 ms, mail 50 ms": 60, "payment 200 ms, mail 2 s": 25}
"""Waits that are measured: more where the p99 has a target."""
RATE = 3.0  # orders a second: what the slowest of the variants carries with as many shoppers, so that none has a queue


async def beside_oscar(quick: bool) -> dict[str, Any]:
    """Wall time of a purchase, orders a second, product pages a second: A B A B."""
    rounds, times, seconds = (1, 5, 2.0) if quick else (2, 15, 6.0)
    missing: dict[str, str] = {}
    with ThreadPoolExecutor(1) as pool:  # both fill a database first: side by side
        ours = pool.submit(Doorbell, EMAIL_URL="dummymail://")  # as Oscar's: written, and thrown away
        theirs: list[Shop] = []
        for kind in (Oscar,) if quick else (Oscar, OscarGunicorn):
            try:
                theirs.append(kind())
            except Missing as problem:
                missing[kind.title] = str(problem)
        shops: list[Shop] = [ours.result(), *theirs]
    me = psutil.Process()
    found: dict[str, dict[str, Any]] = {
        s.title: {"whole": [], "placed": [], "orders": [], "pages": [], "page": [], "client": []} for s in shops
    }
    for n in range(rounds):
        for shop in shops:
            if n and isinstance(shop, OscarGunicorn):
                continue  # the comparison is the one above; this says once that its server is not what is measured
            shop.start()  # type: ignore[attr-defined]
            try:
                row = found[shop.title]
                await buyers.each_once(shop.base, shop.products)  # warm: what is cached for a product is there
                await buyers.alone(shop.buy, shop.base, shop.products, 3)
                took = await buyers.alone(shop.buy, shop.base, shop.products, times)
                row["whole"] += [t["whole"] for t in took]
                row["placed"] += [t["placed"] for t in took]
                row["requests"] = int(took[0]["requests"])
                before = me.cpu_times()
                rate, each = await buyers.pages(shop.base, shop.products, SHOPPERS, seconds / 2)
                after = me.cpu_times()
                row["pages"].append(rate)
                row["page"] += each
                row["client"].append((after.user + after.system - before.user - before.system) / (seconds / 2))
                row["orders"].append(await buyers.crowd(shop.buy, shop.base, shop.products, SHOPPERS, seconds))
                if isinstance(shop, Doorbell):
                    row.setdefault("settled_after_seconds", []).append(round(quiet(shop), 1))
            finally:
                shop.stop()
            kit.say(
                f"  {shop.title}, round {n + 1}: purchase {1000 * statistics.median(row['whole']):.0f} ms,"
                f" {row['orders'][-1]:.1f} orders/s, {row['pages'][-1]:.0f} pages/s"
            )
    return {
        "missing": missing,
        "shoppers": SHOPPERS,
        "rounds": rounds,
        "shops": {
            title: {
                "purchase": kit.quantiles(row["whole"]),
                "placed": kit.quantiles(row["placed"]),
                "requests": row["requests"],
                "orders_per_second": kit.spread(row["orders"]),
                "pages_per_second": kit.spread(row["pages"]),
                "page": kit.quantiles(row["page"]),
                "client_cores": round(statistics.median(row["client"]), 2),
                **({"settled_after_seconds": row["settled_after_seconds"]} if "settled_after_seconds" in row else {}),
            }
            for title, row in found.items()
        },
    }


async def checkouts(quick: bool) -> dict[str, Any]:
    """What a shopper waits after **Place order**, and orders a second, event-driven and synchronous, at three paces of the world outside."""
    seconds = 2.0 if quick else 3.0
    http, smtp = free_port(), free_port()
    outside = kit.start(sys.executable, "-m", "bench.shop.outside", str(http), str(smtp))
    provider = f"http://127.0.0.1:{http}"
    environment = {"BENCH_PROVIDER": provider, "EMAIL_URL": f"smtp://127.0.0.1:{smtp}"}
    shops = [Events(**environment), Inline(**environment)]
    found: dict[str, Any] = {"rate": RATE, "shoppers": SHOPPERS, "paces": {}}
    try:
        for shop in shops:
            shop.start()
            await buyers.alone(shop.buy, shop.base, shop.products, 3)
        async with httpx.AsyncClient(base_url=provider) as world:
            for name, pace in PACES.items():
                if quick and not pace["charge"]:
                    continue
                await world.post("/pace", json=pace)
                row = found["paces"].setdefault(name, {})
                count = 6 if quick else ORDERS[name]
                for shop in shops:
                    before = (await world.get("/count")).json()
                    took = await buyers.waits(shop.base, shop.products, RATE, count)
                    row[shop.title] = {"wait": kit.quantiles(took), "curve": kit.curve(took)}
                    if not (quick and pace["mail"] > 1):  # each would wait for a last letter
                        rate = await buyers.crowd(shop.buy, shop.base, shop.products, SHOPPERS, seconds)
                        row[shop.title]["orders_per_second"] = round(rate, 1)
                    if shop.variant == "events":
                        await world.post("/pace", json={"charge": 0.0, "mail": 0.0})  # what is measured is measured
                        row[shop.title]["behind_seconds"] = round(quiet(shop), 1)
                        await world.post("/pace", json=pace)
                    done = (await world.get("/count")).json()
                    row[shop.title] |= {what: done[what] - before[what] for what in done}
                    kit.say(
                        f"  {name}, {shop.title}: {row[shop.title]['wait']},"
                        f" {row[shop.title].get('orders_per_second', '–')}/s"
                    )
    finally:
        kit.at_once(*(shop.stop for shop in shops))
        kit.stop([outside])
    return found


def main() -> None:
    """The figures, as JSON."""
    args = kit.arguments("oscar,checkouts")
    parts = {"oscar": beside_oscar, "checkouts": checkouts}
    print(json.dumps({name: asyncio.run(parts[name](args.quick)) for name in args.only.split(",")}))


if __name__ == "__main__":
    main()
