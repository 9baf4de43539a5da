"""A real shop as the systemd units start it, with the values of `.env.example`, behind nginx and Caddy."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from http.cookies import SimpleCookie
from pathlib import Path
from urllib.parse import urlencode

import httpx
import pytest
from websockets.sync.client import connect

from tests.deploy import units
from tests.deploy.proxies import HOST, Answer, Proxy, running
from tests.deploy.test_environment import example
from tests.support.production import PRODUCTION
from tests.support.servers import ROOT, Shop, free_port, up, valkey

TOKEN = "a-token-of-the-monitoring"
GOODS = """
from djmoney.money import Money
from shop.accounts.models import User
from shop.catalog.models import Category, Product, Variant
from shop.catalog import prices, stock
tea = Category.add_root(title="Tea", slug="tea")
mug = Product.objects.create(title="Mug", slug="mug", category=tea)
variant = Variant.objects.create(product=mug, sku="MUG-1")
prices.put(variant, "EUR", Money("9.00", "EUR"))
stock.adjust(variant, 9)
User.objects.create_user("ann@example.com", "secret-word-7").emailaddress_set.create(
    email="ann@example.com", verified=True, primary=True)
"""


class Installation:
    """The processes of one host and their environment."""

    def __init__(self, folder: Path, redis: str) -> None:
        self.environment = {
            **example(),
            **PRODUCTION,
            **{"SITE_URL": f"https://{HOST}", "ALLOWED_HOSTS": "", "METRICS_TOKEN": TOKEN, "BROKER_URL": ""},
            **{
                "DATABASE_URL": f"sqlite:///{folder}/shop.sqlite3",
                "REDIS_URL": redis,
                "OTEL_EXPORTER_OTLP_ENDPOINT": "",
            },
            **{"DATA_DIR": str(folder), "PROMETHEUS_MULTIPROC_DIR": str(folder / "metrics"), "LIVE_ORIGINS": ""},
            "DJANGO_SETTINGS_MODULE": "shop.settings",
            "DJANGO_ALLOW_ASYNC_UNSAFE": "",  # the suite's browser tests set it
        }
        self.shop = Shop(self.environment)
        self.ports = [free_port(), free_port()]

    def manage(self, *arguments: str) -> str:
        command = [sys.executable, "manage.py", *arguments]
        env = {**os.environ, **self.environment}
        done = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def start(self) -> None:
        for port in self.ports:
            self.shop.start("-m", *units.command("web", str(port)))
        self.shop.start("-m", *units.command("worker", "live", **units.settings("workers/live")))
        self.shop.start(*units.command("relay", "1")[1:])
        for port in self.ports:
            up(f"http://127.0.0.1:{port}", seconds=90)


@pytest.fixture(scope="module")
def installation(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    with valkey() as redis:
        made = Installation(tmp_path_factory.mktemp("shop"), redis)
        made.manage("migrate", "--verbosity", "0")
        made.manage("first_steps")
        made.manage("shell", "--command", GOODS)
        made.start()
        yield made
        made.shop.stop()


@pytest.fixture(scope="module", params=["nginx", "caddy"])
def proxy(
    request: pytest.FixtureRequest, installation: Installation, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Proxy]:
    with running(request.param, tmp_path_factory.mktemp(request.param), installation.ports) as started:
        yield started


class Visitor:
    """A browser with a cookie jar, at an address of its own."""

    def __init__(self, proxy: Proxy, address: str = "127.0.0.1") -> None:
        self.proxy, self.address = proxy, address
        self.cookies: dict[str, str] = {}

    @property
    def cookie(self) -> str:
        return "; ".join(f"{name}={value}" for name, value in self.cookies.items())

    def ask(self, path: str, form: dict[str, str] | None = None, **headers: str) -> Answer:
        if form is not None:
            headers |= {"Content-Type": "application/x-www-form-urlencoded", "Origin": f"https://{HOST}"}
            headers["X-CSRFToken"] = next(v for k, v in self.cookies.items() if k.endswith("csrftoken"))
        method, body = ("GET", b"") if form is None else ("POST", urlencode(form).encode())
        answer = self.proxy.ask(path, method, body, source=self.address, Cookie=self.cookie, **headers)
        for line in answer.headers.get_all("Set-Cookie") or []:
            self.cookies |= {name: morsel.value for name, morsel in SimpleCookie(line).items()}
        return answer

    def sign_in(self, password: str, **headers: str) -> bool:
        self.ask("/accounts/login/")
        return self.ask("/accounts/login/", {"login": "ann@example.com", "password": password}, **headers).status == 302


def test_cookies_are_for_tls_alone(proxy: Proxy) -> None:
    answer = Visitor(proxy).ask("/accounts/login/")
    assert answer.status == 200
    cookies = answer.headers.get_all("Set-Cookie")
    assert cookies
    assert all("Secure" in cookie for cookie in cookies)
    assert answer.headers["Strict-Transport-Security"]


def test_a_guest_puts_something_in_the_cart(proxy: Proxy) -> None:
    guest = Visitor(proxy)
    page = guest.ask("/products/mug/").body.decode()
    found = re.search(r'name="variant" value="(\d+)"', page)
    assert found
    assert guest.ask("/cart/add/", {"variant": found[1], "quantity": "1"}).status == 302
    assert "Mug" in guest.ask("/cart/").body.decode()


def test_a_change_reaches_a_browser_through_the_proxy(proxy: Proxy, installation: Installation) -> None:
    guest = Visitor(proxy)
    page = guest.ask("/products/mug/").body.decode()
    found = re.search(r'name="live-ticket" content="([^"]+)"', page)
    assert found
    headers = {"Cookie": guest.cookie}
    with connect(
        f"ws://{HOST}/live/", sock=proxy.tls(), origin=f"https://{HOST}", additional_headers=headers
    ) as socket:
        socket.send(json.dumps({"t": "hello", "v": 1, "ticket": found[1], "subs": [{"s": "stock:MUG-1"}]}))
        snapshot = json.loads(socket.recv(10))
        assert (snapshot["t"], snapshot["s"]) == ("snap", "stock:MUG-1")
        change = "from shop.catalog import prices, stock, models; v = models.Variant.objects.get(sku='MUG-1'); "
        change += "stock.adjust(v, models.Stock.objects.get(variant=v).on_hand + 1)"
        installation.manage("shell", "--command", change)
        frame = json.loads(socket.recv(10))
        while frame["t"] == "beat":
            frame = json.loads(socket.recv(10))
        assert frame["n"] > snapshot["n"]


def test_one_visitor_who_guesses_passwords_locks_out_nobody_else(proxy: Proxy) -> None:
    # An address for each proxy: the shop remembers those of the test before.
    mine = 2 if proxy.name == "nginx" else 4
    guesser, ann = Visitor(proxy, f"127.0.0.{mine}"), Visitor(proxy, f"127.0.0.{mine + 1}")
    for n in range(6):  # under another forged address each time
        assert not guesser.sign_in("wrong", X_Forwarded_For=f"203.0.113.{n}")
    assert not guesser.sign_in("secret-word-7", X_Forwarded_For="203.0.113.77")
    assert ann.sign_in("secret-word-7")


def test_a_web_process_that_stops_is_not_noticed(proxy: Proxy, installation: Installation) -> None:
    first = installation.shop.running[0]
    guest = Visitor(proxy)
    first.terminate()
    answers = [guest.ask("/products/mug/").status for _ in range(20)]
    first.wait(10)
    answers += [guest.ask("/products/mug/").status for _ in range(10)]
    installation.shop.running[0] = installation.shop.start("-m", *units.command("web", str(installation.ports[0])))
    up(f"http://127.0.0.1:{installation.ports[0]}", seconds=90)
    assert answers == [200] * 30


def test_monitoring_reads_the_counters_with_its_token(installation: Installation, proxy: Proxy) -> None:
    address = f"http://127.0.0.1:{installation.ports[1]}/metrics"
    with_token = httpx.get(address, headers={"Authorization": f"Bearer {TOKEN}", "Host": "web2:8000"})
    assert "events_oldest_due_seconds" in with_token.text
    assert httpx.get(address).status_code == 404
    assert proxy.ask("/metrics", Authorization=f"Bearer {TOKEN}").status == 404


def test_the_doctor_misses_only_what_does_not_run_here(installation: Installation) -> None:
    command = [sys.executable, "manage.py", "doctor"]
    env = {**os.environ, **installation.environment, "COLUMNS": "200"}
    done = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    # There is no mail server, and of the workers only the one for pushes.
    assert re.search(r"This shop cannot sell yet: (.*)\.", done.stdout)[1] == "queues, mail"  # type: ignore[index]
