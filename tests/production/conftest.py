"""A shop in production, started by `manage.py serve` on each database, and asked over HTTP as its proxy would ask."""

import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.cookies import SimpleCookie
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.support.production import PRODUCTION
from tests.support.servers import ROOT, free_port, postgres, run, up

HOST = "shop.example"
SITE = f"https://{HOST}"
ADMIN, PASSWORD = "boss@shop.example", "a-good-password-9"


class Browser:
    """Talks to the web process as a TLS proxy does. Keeps Secure cookies, which httpx would not send to http://127.0.0.1."""

    def __init__(self, port: int, **headers: str) -> None:
        self.cookies: dict[str, str] = {}
        proxied = {"Host": HOST, "X-Forwarded-Proto": "https", "X-Forwarded-For": "203.0.113.5", "Referer": f"{SITE}/"}
        self.http = httpx.Client(base_url=f"http://127.0.0.1:{port}", headers={**proxied, **headers}, timeout=30)

    def request(self, method: str, path: str, **options: Any) -> httpx.Response:
        headers = {**options.pop("headers", {}), "Cookie": "; ".join(f"{k}={v}" for k, v in self.cookies.items())}
        response = self.http.request(method, path, headers=headers, **options)
        for line in response.headers.get_list("set-cookie"):
            for name, morsel in SimpleCookie(line).items():
                self.cookies[name] = morsel.value
        return response

    def get(self, path: str, **options: Any) -> httpx.Response:
        return self.request("GET", path, **options)

    def post(self, path: str, data: dict[str, str], page: str = "") -> httpx.Response:
        """Send a form of `page` (or of `path` itself), with its token."""
        found = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', self.get(page or path).text)
        assert found, f"{page or path} has no form"
        return self.request("POST", path, data={**data, "csrfmiddlewaretoken": found[1]})

    def sign_in(self) -> "Browser":
        answer = self.post("/accounts/login/", {"login": ADMIN, "password": PASSWORD})
        assert answer.status_code == 302, answer.text
        return self


class Production:
    """The installation: its environment, and the running `serve`."""

    def __init__(self, folder: Path, database: str) -> None:
        self.port = free_port()
        kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
        self.environment = (
            kept | PRODUCTION | {"DATA_DIR": str(folder), "DATABASE_URL": database, "EMAIL_URL": "dummymail://"}
        )
        del self.environment["REDIS_URL"]  # one machine: the embedded Valkey
        self.environment["ALLOWED_HOSTS"] = HOST
        self.environment["STAFF_SECOND_FACTOR"] = "0"  # tests/shop/staff/test_second_factor.py is about that

    def manage(self, *command: str, **environment: str) -> subprocess.CompletedProcess[str]:
        return run(["manage.py", *command], self.environment | environment, 120)

    def serve(self) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            [sys.executable, "manage.py", "serve", "--port", str(self.port)],
            cwd=ROOT,
            env=self.environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )


@contextmanager
def installed(folder: Path, database: str) -> Iterator[Production]:
    """A shop with an admin and what `first_steps` makes, as the documentation sets it up."""
    shop = Production(folder, database)
    admin = {"DJANGO_SUPERUSER_PASSWORD": PASSWORD}
    for command in (("migrate", "-v0"), ("createsuperuser", "--noinput", "--email", ADMIN), ("first_steps",)):
        done = shop.manage(*command, **admin)
        assert done.returncode == 0, done.stderr
    server = shop.serve()
    try:
        up(f"http://127.0.0.1:{shop.port}", "/readyz", 90)
        yield shop
    finally:
        server.terminate()
        server.wait(15)


@pytest.fixture(scope="session")
def on_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Production]:
    folder = tmp_path_factory.mktemp("production")
    with installed(folder, f"sqlite:///{folder}/shop.sqlite3") as shop:
        yield shop


@pytest.fixture(scope="session")
def on_postgresql(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Production]:
    with postgres() as url, installed(tmp_path_factory.mktemp("production"), url) as shop:
        yield shop


@pytest.fixture(params=["sqlite", "postgresql"])
def production(request: pytest.FixtureRequest) -> Production:
    """The running shop on each database. Both run until the end: a start takes many seconds."""
    shop: Production = request.getfixturevalue(f"on_{request.param}")
    return shop


@pytest.fixture
def browser_of(production: Production) -> Callable[..., Browser]:
    """Somebody's browser, of the running shop."""
    return lambda **headers: Browser(production.port, **headers)
