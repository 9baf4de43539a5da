"""The people outside: some buy all the time, some watch their orders. What they see is noted."""

import asyncio
import random
import re
import threading
import time
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx

from tests.hosts.network import SITE
from tests.support.live import Screen, Visitor
from tests.support.servers import wait_until

ADDRESS = {
    **{"email": "ann@customer.example", "name": "Ann Example", "address": "Hauptstr. 1", "city": "Berlin"},
    **{"postal_code": "10115", "country": "DE"},
}
PATIENCE = 40.0
"""Seconds for which a browser waits for a page."""
WATCHED = 8
"""Orders that are watched at the same time, the newest ones."""


@dataclass(frozen=True)
class Trouble:
    """A page that somebody did not get."""

    at: float
    method: str
    path: str
    what: str


@dataclass
class Town:
    """Runs in a thread of its own."""

    site: str = f"https://{SITE}"
    buyers: int = 2
    troubles: list[Trouble] = field(default_factory=list)
    slowest: float = 0.0
    placed: list[str] = field(default_factory=list)
    refunded: list[str] = field(default_factory=list)
    """Orders that staff cancelled."""
    """The number of every order whose buyer was told that it is placed."""
    screens: dict[str, Screen] = field(default_factory=dict)
    wrong: list[BaseException] = field(default_factory=list)
    """What ended a buyer or a screen: a fault of the shop, or of this file."""
    buying: bool = True
    busy: int = 0
    pinned: tuple[str, ...] = ()
    """Orders that are watched however old they are."""

    def __enter__(self) -> "Town":
        self.loop = asyncio.new_event_loop()
        threading.Thread(target=self.loop.run_forever, daemon=True).start()
        for number in range(self.buyers):
            self._begin(self._buyer(number))
        return self

    def __exit__(self, *args: object) -> None:
        async def end() -> None:
            tasks = asyncio.all_tasks() - {asyncio.current_task()}
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

        asyncio.run_coroutine_threadsafe(end(), self.loop).result(30)
        self.loop.call_soon_threadsafe(self.loop.stop)

    def _begin(self, work: Coroutine[Any, Any, None]) -> "asyncio.Task[None]":
        async def begin() -> "asyncio.Task[None]":
            return asyncio.get_running_loop().create_task(self._noted(work))

        return asyncio.run_coroutine_threadsafe(begin(), self.loop).result(10)

    async def _noted(self, work: Coroutine[Any, Any, None]) -> None:
        try:
            await work
        except Exception as problem:
            self.wrong.append(problem)

    @contextmanager
    def pause(self) -> Iterator[None]:
        """Everybody finishes what they do, and begins nothing new."""
        self.buying = False
        try:
            wait_until(lambda: not self.busy or self.wrong, 120, "buyers to finish")
            assert not self.wrong, self.wrong
            yield
        finally:
            self.buying = True

    def newest(self, count: int) -> dict[str, Screen]:
        """That many of the newest paid orders, which go on being watched until this is asked again."""

        def paid() -> list[str]:
            shown = {ref: its.shown.get(f"order:{ref}", {}) for ref, its in list(self.screens.items())}
            return [ref for ref, order in shown.items() if order.get("status") == "paid"]

        wait_until(lambda: len(paid()) >= count or self.wrong, 60, "paid orders that are watched")
        assert not self.wrong, self.wrong
        self.pinned = tuple(paid()[-count:])
        return {ref: self.screens[ref] for ref in self.pinned}

    def look(self, since: float, until: float = float("inf")) -> list[Trouble]:
        """What went wrong for somebody in that time."""
        return [trouble for trouble in self.troubles if since <= trouble.at <= until]

    # -- buyers

    async def _buyer(self, number: int) -> None:
        await asyncio.sleep(number / 2)
        while True:
            while not self.buying:
                await asyncio.sleep(0.2)
            # As browsers do, a request that a closed connection swallowed is sent on a new one.
            limits = httpx.Limits(max_keepalive_connections=0)
            self.busy += 1
            async with httpx.AsyncClient(base_url=self.site, timeout=PATIENCE, limits=limits) as browser:
                await self._buy(browser)
            self.busy -= 1
            await asyncio.sleep(random.uniform(0.5, 1.5))

    async def _ask(self, browser: httpx.AsyncClient, method: str, path: str, **form: str) -> httpx.Response:
        """Until there is a page: who sees an error tries again a second later."""
        while True:
            began = time.time()
            try:
                headers = {"Referer": f"{self.site}/"} if form else {}
                answer = await browser.request(method, path, data=form or None, headers=headers)
                self.slowest = max(self.slowest, time.time() - began)
                if answer.status_code < 400:
                    return answer
                what = str(answer.status_code)
            except httpx.HTTPError as problem:
                what = repr(problem)
            self.troubles.append(Trouble(time.time(), method, path, what))
            await asyncio.sleep(1)

    async def _buy(self, browser: httpx.AsyncClient) -> None:
        page = (await self._ask(browser, "GET", "/products/mug/")).text
        variant = re.search(r'name="variant" value="(\d+)"', page)
        assert variant, page[:500]
        await self._ask(browser, "POST", "/cart/add/", variant=variant[1], quantity="1", **_token(page))
        page = (await self._ask(browser, "GET", "/checkout/")).text
        key = re.search(r'name="checkout_key" value="([^"]+)"', page)
        method = re.search(r'name="delivery_method" value="(\d+)"', page)
        assert key, page[:500]
        assert method, page[:500]
        shown = dict(re.findall(r'name="(total_\d+|currency)"\s+value="([^"]+)"', page))
        form = ADDRESS | {"checkout_key": key[1], "delivery_method": method[1]} | shown | _token(page)
        answer = await self._ask(browser, "POST", "/checkout/", **form)
        assert answer.status_code in (302, 303), f"{answer.status_code}: {answer.text[:500]}"
        ref = re.search(r"/orders/([^/]+)/", answer.headers["Location"])
        assert ref, answer.headers["Location"]
        self.placed.append(ref[1])
        paying = await self._ask(browser, "GET", answer.headers["Location"])
        back = await self._ask(browser, "POST", paying.headers["Location"], pay="1")
        await self._watch(browser, ref[1], back.headers["Location"])

    # -- watchers

    async def _watch(self, browser: httpx.AsyncClient, ref: str, path: str) -> None:
        page = await self._ask(browser, "GET", path)
        ticket = re.search(r'name="live-ticket" content="([^"]+)"', page.text)
        assert ticket, page.text[:500]
        visitor = Visitor(self.site)
        visitor.http.cookies.update(browser.cookies)
        visitor.ticket = ticket[1]
        self.screens[ref] = screen = Screen(visitor, f"order:{ref}")
        screen.task = asyncio.get_running_loop().create_task(self._noted(screen.run()))  # type: ignore[attr-defined]
        for old in [ref for ref in list(self.screens)[:-WATCHED] if ref not in self.pinned]:
            self.screens.pop(old).task.cancel()  # type: ignore[attr-defined]


def _token(page: str) -> dict[str, str]:
    """Django's token in the form of a page."""
    found = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page)
    assert found, page[:500]
    return {"csrfmiddlewaretoken": found[1]}
