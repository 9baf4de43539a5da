"""Shoppers: what a guest's browser asks of the shop, and no more – pages and forms, no pictures, no scripts."""

import asyncio
import itertools
import random
import re
import time
from collections.abc import Awaitable, Callable, Sequence

import aiohttp

Purchase = Callable[[aiohttp.ClientSession, str], Awaitable[dict[str, float]]]
"""Gives the seconds of the last step, `placed`, and the number of `requests`."""

_numbers = itertools.count()

_TOKEN = re.compile(r'name="csrfmiddlewaretoken" value="([^"]+)"')
_VARIANT = re.compile(r'name="variant" value="(\d+)"')
_KEY = re.compile(r'name="checkout_key" value="([^"]+)"')
_METHOD = re.compile(r'name="delivery_method" value="(\d+)"')
_TOTAL = re.compile(r'name="(total_\d+)"\s+value="([^"]+)"')
_CURRENCY = re.compile(r'name="currency" value="([^"]+)"')

ADDRESS = {
    "name": "Ann Example",
    "country": "DE",
    "address": "Hauptstr. 1",
    "postal_code": "10115",
    "city": "Berlin",
    "region": "",
}


def found(pattern: re.Pattern[str], page: str) -> str:
    """What the page's form carries."""
    match = pattern.search(page)
    assert match, f"no {pattern.pattern} in {page[:300]!r}"
    return match[1]


async def get(http: aiohttp.ClientSession, path: str) -> str:
    async with http.get(path) as response:
        text = await response.text()
        assert response.status == 200, (path, response.status, text[:300])
        return text


async def post(http: aiohttp.ClientSession, path: str, form: dict[str, str], *, follow: bool = True) -> tuple[str, str]:
    """The page that it leads to, and its address."""
    async with http.post(path, data=form, allow_redirects=follow, headers={"Referer": str(http._base_url)}) as response:
        text = await response.text()
        assert response.status in (200, 302), (path, response.status, text[:300])
        return text, response.headers.get("Location", "") if response.status == 302 else str(response.url)


async def fill(http: aiohttp.ClientSession, product: str) -> dict[str, str]:
    """Product → cart → checkout, up to the filled-in form."""
    page = await get(http, product)
    await post(http, "/cart/add/", {"csrfmiddlewaretoken": found(_TOKEN, page), "variant": found(_VARIANT, page)})
    page = await get(http, "/checkout/")
    totals = dict(_TOTAL.findall(page))
    assert totals, f"no total in {page[:300]!r}"
    return (
        ADDRESS
        | totals
        | {
            "csrfmiddlewaretoken": found(_TOKEN, page),
            "checkout_key": found(_KEY, page),
            "currency": found(_CURRENCY, page),
            "delivery_method": found(_METHOD, page),
            "email": f"guest{next(_numbers)}@example.com",
        }
    )


async def purchase(http: aiohttp.ClientSession, product: str) -> dict[str, float]:
    """The whole way: product → cart → checkout → placed, up to the gateway's page. Seven requests."""
    form = await fill(http, product)
    filled = time.perf_counter()
    page, where = await post(http, "/checkout/", form)
    assert "/gateway/" in where, (where, page[:300])
    return {"placed": time.perf_counter() - filled, "requests": 7}


def session(base: str) -> aiohttp.ClientSession:
    """A browser of its own: a jar of cookies, a connection that is kept."""
    return aiohttp.ClientSession(base, cookie_jar=aiohttp.CookieJar(unsafe=True))


async def alone(buy: Purchase, base: str, products: Sequence[str], times: int) -> list[dict[str, float]]:
    """One shopper after the other."""
    took = []
    for n in range(times):
        async with session(base) as http:
            started = time.perf_counter()
            found = await buy(http, products[n % len(products)])
            took.append(found | {"whole": time.perf_counter() - started})
    return took


async def crowd(buy: Purchase, base: str, products: Sequence[str], shoppers: int, seconds: float) -> tuple[int, float]:
    """So many at once, each at the next purchase as soon as it has placed one.

    How many orders, and when the last was placed (`perf_counter`).
    """
    done = 0
    started = last = time.perf_counter()

    async def one(number: int) -> None:
        nonlocal done, last
        while time.perf_counter() - started < seconds:
            async with session(base) as http:
                await buy(http, products[(number + done) % len(products)])
            done += 1
            last = time.perf_counter()

    await asyncio.gather(*(one(n) for n in range(shoppers)))
    return done, last


async def each_once(base: str, paths: Sequence[str]) -> None:
    """Every page, one after the other."""
    async with aiohttp.ClientSession(base, cookie_jar=aiohttp.DummyCookieJar()) as http:
        for path in paths:
            await get(http, path)


async def pages(base: str, paths: Sequence[str], readers: int, seconds: float) -> float:
    """So many at once, each over a connection that is kept: pages a second.

    Without cookies, as on a first visit: Oscar shows who has some what was looked at before, which takes it twice as
    long.
    """
    done = 0
    started = time.perf_counter()

    async def one(number: int) -> None:
        nonlocal done
        async with aiohttp.ClientSession(base, cookie_jar=aiohttp.DummyCookieJar()) as http:
            n = number
            while time.perf_counter() - started < seconds:
                await get(http, paths[n % len(paths)])
                done += 1
                n += readers

    await asyncio.gather(*(one(n) for n in range(readers)))
    return done / (time.perf_counter() - started)


async def waits(base: str, products: Sequence[str], rate: float, count: int) -> list[float]:
    """What a shopper waits after **Place order**, at so many orders a second whether the shop keeps up or not.

    A wait counts from the moment in which the click was due. A shop that is late with the pages before it makes that
    wait longer.

    Shoppers come when they like, and so do their clicks, the same way each time that this is asked: with even gaps,
    every click would meet the first page of another at the same instant.
    """
    chance = random.Random(1)
    started = time.perf_counter()

    async def one(number: int, due: float) -> float:
        async with session(base) as http:
            form = await fill(http, products[number % len(products)])
            # Carts are filled at leisure; the click comes when it is due.
            await asyncio.sleep(max(0.0, due - time.perf_counter()))
            _, where = await post(http, "/checkout/", form, follow=False)
            assert where.endswith("/pay/"), where
            return time.perf_counter() - due

    tasks, arrival = [], started
    for n in range(count):
        arrival += chance.expovariate(rate)
        await asyncio.sleep(max(0.0, arrival - time.perf_counter()))
        tasks.append(asyncio.create_task(one(n, arrival + 2 + chance.random())))
    return await asyncio.gather(*tasks)
