"""What the private names of `events/lib/private_apis.py` buy: the same work with and without each, in one process.

Run it by `python -m bench.kit bench.private_apis`. It prints JSON: for each name the median CPU time of both ways in
microseconds, their ratio in each round, and the number of samples. CPU time, because other processes disturb it least.
"""

import asyncio
import json
import time
from collections.abc import Callable
from typing import Any

from bench import figures, kit

ROUNDS = 7


def cpu(work: Callable[[], object], times: int) -> float:
    """CPU microseconds of one call, over `times` calls."""
    started = time.process_time()
    for _ in range(times):
        work()
    return (time.process_time() - started) / times * 1e6


def compare(private: Callable[[], object], public: Callable[[], object], times: int) -> dict[str, Any]:
    """Both ways in turn, A B A B …; the ratio is public ÷ private of each round."""
    private(), public()
    rounds = [(cpu(private, times), cpu(public, times)) for _ in range(ROUNDS)]
    return {
        "private_us": figures.spread([a for a, _ in rounds]),
        "public_us": figures.spread([b for _, b in rounds]),
        "public_over_private": figures.spread([b / a for a, b in rounds], 2),
        "samples": ROUNDS * times,
    }


def session() -> dict[str, Any]:
    """`compose`, by the statement that every page begins with: the session."""
    from django.contrib.sessions.backends.db import SessionStore as Usual

    from shop.lib.sessions import SessionStore as Ours

    kept = Ours()
    kept["cart"] = 7
    kept.save()
    key = kept.session_key
    return compare(lambda: Ours(key).load(), lambda: Usual(key).load(), 300)


def order() -> dict[str, Any]:
    """`compose`, by the order of an order page."""
    from django.db.models import QuerySet

    from orders.models import Order
    from orders.pages.visitors import find
    from tests.support.factories import make_order

    ref = make_order().ref
    usual = QuerySet(Order).select_related("delivery_method").order_by()
    return compare(lambda: find.first(ref), lambda: usual.filter(ref=ref)[0], 300)


def request() -> dict[str, Any]:
    """`SynchronousHandler`, by a page that needs little: `/healthz` through all of the middleware."""
    from django.core.asgi import get_asgi_application

    from shop.lib.threads import InThreads

    scope = {
        "type": "http",
        "method": "GET",
        "path": "/healthz",
        "query_string": b"",
        "headers": [(b"host", b"localhost")],
    }
    scope |= {"server": ("localhost", 80), "client": ("127.0.0.1", 1), "scheme": "http"}
    loop = asyncio.new_event_loop()

    def ask(application: Any) -> Callable[[], object]:
        async def one() -> None:
            parts = [{"type": "http.request", "body": b""}]

            async def receive() -> dict[str, Any]:
                if parts:
                    return parts.pop()
                await asyncio.sleep(3600)
                raise AssertionError

            async def send(message: dict[str, Any]) -> None:
                del message

            await application(dict(scope), receive, send)

        return lambda: loop.run_until_complete(one())

    return compare(ask(InThreads(4)), ask(get_asgi_application()), 100)


def message() -> dict[str, Any]:
    """`keep_client`, by a message to a queue of Valkey."""
    from unittest import mock

    from events.delivery import broker, publisher
    from events.models import Event
    from tests.support.factories import make_order

    event = Event.objects.filter(stream=make_order().stream).get()
    wake_up = publisher.WakeUp("stock", event.header, event.sealed)
    ours = broker._Sender()
    with mock.patch.object(broker, "keep_client", lambda channel: channel):
        usual = broker._Sender()
    return compare(lambda: ours.send((wake_up,)), lambda: usual.send((wake_up,)), 200)


def push() -> dict[str, Any]:
    """`group_channel`, by a push to the channel layer from a thread."""
    from asgiref.sync import async_to_sync
    from channels.layers import get_channel_layer

    from events.live import layer

    content = {"type": "live.event", "topic": "order:X"}
    usual = async_to_sync(get_channel_layer().group_send)
    return compare(lambda: layer.publish([("live.x", content)]), lambda: usual("live.x", content), 100)


def main() -> None:
    """Every name, as JSON."""
    options = kit.arguments()
    kit.site()
    found: dict[str, Any] = {}
    for work in (session, order, request, message, push):
        if not options.only or work.__name__ in options.only.split(","):
            found[work.__name__] = work()
            kit.say(work.__name__, found[work.__name__]["public_over_private"])
    print(json.dumps(found))


if __name__ == "__main__":
    main()
