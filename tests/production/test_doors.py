"""Which doors a production shop has, and that each one asks for its key."""

import asyncio
import contextlib

import pytest
import websockets

from tests.production.conftest import SITE, Browser
from tests.support.live import in_loop
from tests.support.routes import routes

pytestmark = pytest.mark.once

# Views that take a POST without the token of a form, and what protects each instead.
WITHOUT_A_TOKEN = {
    "payments/<slug:gateway>/webhook/": "the gateway's signature",
    "carriers/<slug:carrier>/webhook/": "the carrier's signature",
    "back-in-stock/unsubscribe/<str:token>/": "the signature of its token; a mail program posts it",
}
SAMPLES = {
    "slug": "standard",
    "ref": "K7QF3-M2XD9",
    "token": "nonsense",
    "path": "none.png",
    "gateway": "elsewhere",
    "key": "nonsense",
    "uidb36": "1",
    "letter_id": "1",
    "session_id": "none",
    "sku": "NONE",
    "alert_id": "00000000-0000-4000-8000-000000000000",
    "stream": "order:NONE",
}
GONE = ("/demo/mail/", "/demo/mail/1/", "/gateway/test/none/", "/admin/simulator/", "/admin/simulator/progress/")


def addresses():
    """An address for each route that is not an expression: those are Django's and allauth's own."""
    for route, entry in routes():
        if any(sign in route for sign in "^$(?"):
            continue
        path = route
        for name, converter in entry.pattern.converters.items():
            kind = type(converter).__name__
            sample = SAMPLES.get(name, "1" if kind == "IntConverter" else "x")
            path = path.replace(f"<{name}>", sample)
            for prefix in ("int", "slug", "str", "path", "ref", "uuid"):
                path = path.replace(f"<{prefix}:{name}>", sample)
        if "<" not in path:
            yield route, f"/{path}"


def test_only_these_views_take_a_post_without_a_token():
    exempt = {route for route, entry in routes() if getattr(entry.callback, "csrf_exempt", False)}
    assert exempt == set(WITHOUT_A_TOKEN)


def test_a_post_from_another_site_is_refused_at_every_address(browser_of):
    """Whoever adds a view that takes one without a token adds it to the table above, with what protects it."""
    boss = browser_of().sign_in()
    found = list(addresses())
    assert len(found) > 60
    for route, path in found:
        if path.startswith(("/demo/", "/gateway/")) or route in WITHOUT_A_TOKEN:
            continue
        answer = boss.request("POST", path, data={"x": "1"})
        assert answer.status_code == 403, (path, answer.status_code)
        assert "did not come from our own page" in answer.text, path


@pytest.mark.parametrize("referer", ["https://evil.example/", "http://shop.example/", ""])
def test_the_right_token_from_another_site_is_refused(browser_of, referer):
    browser: Browser = browser_of()
    token = browser.get("/accounts/login/").text.partition('name="csrfmiddlewaretoken" value="')[2].partition('"')[0]
    form = {"login": "x@example.com", "password": "x", "csrfmiddlewaretoken": token}
    assert browser.request("POST", "/accounts/login/", data=form, headers={"Referer": referer}).status_code == 403
    assert browser.request("POST", "/accounts/login/", data=form).status_code == 200


def test_the_webhook_asks_for_a_signature(browser_of):
    assert browser_of().request("POST", "/payments/elsewhere/webhook/", content=b"{}").status_code == 401


@pytest.mark.parametrize("path", GONE)
def test_nothing_of_the_demo_is_there(browser_of, path):
    assert browser_of().sign_in().get(path).status_code == 404


def test_no_page_speaks_of_the_demo(browser_of):
    page = browser_of().get("/").text
    assert "4242" not in page
    assert "/demo/" not in page


@pytest.mark.parametrize("email", ["admin@example.com", "staff@example.com", "shopper@example.com"])
def test_no_demo_login_signs_in(browser_of, email):
    assert browser_of().post("/accounts/login/", {"login": email, "password": "demo"}).status_code == 200


def test_the_admin_of_the_installation_signs_in(browser_of):
    boss = browser_of().sign_in()
    assert boss.get("/admin/").status_code == 200
    assert boss.get("/admin/login/").headers["Location"] == "/admin/"


def test_figures_are_not_for_strangers(browser_of, production):
    assert browser_of().get("/metrics").status_code == 404
    assert browser_of().get("/readyz").json() == {"ready": True}
    inside = browser_of()
    for name in ("X-Forwarded-Proto", "X-Forwarded-For"):
        del inside.http.headers[name]
    assert "events_oldest_due_seconds" in inside.get("/metrics", headers={"Host": "10.0.0.7"}).text


@pytest.mark.parametrize(
    ("host", "origin", "welcome"),
    [
        ("shop.example", SITE, True),
        ("shop.example", "https://evil.example", False),
        ("evil.example", "https://evil.example", False),  # a name that another made point here
        ("127.0.0.1", "http://127.0.0.1", False),
        ("shop.example", "http://shop.example.evil.example", False),
        ("shop.example", "null", False),
    ],
)
def test_only_a_page_of_the_shop_may_open_the_live_socket(production, host, origin, welcome):
    async def knock():
        where = {"host": "127.0.0.1", "port": production.port, "proxy": None}
        async with websockets.connect(f"ws://{host}/live/", origin=origin, **where) as socket:
            with contextlib.suppress(websockets.ConnectionClosed):
                await socket.send('{"t":"hello","v":1,"ticket":"none","subs":[]}')
                while True:
                    await asyncio.wait_for(socket.recv(), 30)
            return socket.close_code

    # A page of the shop is let in, and is then told that its ticket is none.
    assert in_loop(knock()) == (4401 if welcome else 4403)
