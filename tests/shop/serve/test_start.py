"""Every way to start a process refuses an installation that must not work, in one sentence and with exit code 1."""

import os

import pytest

from orders.payments.gateways.base import PaymentGateway
from tests.support.production import PRODUCTION
from tests.support.servers import free_port, run

pytestmark = pytest.mark.once

MANAGE = ("manage.py",)
STARTS = {
    "serve": (*MANAGE, "serve"),
    "daphne": ("-m", "daphne", "-b", "127.0.0.1", "-p", "0", "shop.asgi:application"),
    "uvicorn": ("-m", "uvicorn", "--port", "0", "--log-level", "warning", "shop.asgi:application"),
    "worker": ("-m", "celery", "-A", "shop", "--quiet", "worker", "--pool", "solo"),
    "relay": (*MANAGE, "relay"),
    "a command": (*MANAGE, "events", "stats"),
}


@pytest.fixture
def started(tmp_path):
    def start(*command, **environment):
        kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
        own = {
            "DATA_DIR": str(tmp_path),
            "DATABASE_URL": f"sqlite:///{tmp_path}/shop.sqlite3",
            "PORT": str(free_port()),
            "PYTHONWARNINGS": "ignore:You're running the worker with superuser privileges",
        }
        variables = kept | PRODUCTION | own | environment
        return run(command, {name: value for name, value in variables.items() if value is not None}, 60)

    return start


def refused(result, *words):
    assert result.returncode == 1, result.stderr
    lines = [line for line in result.stderr.splitlines() if line.strip()]
    assert len(lines) == 1, result.stderr
    assert lines[0].startswith("doorbell: ")
    for word in words:
        assert word in lines[0]


@pytest.mark.parametrize("start", STARTS)
def test_a_missing_setting_is_refused(started, start):
    refused(started(*STARTS[start], SITE_URL=None), "SITE_URL is not set")


@pytest.mark.parametrize("start", STARTS)
def test_a_gateway_that_moves_no_money_is_refused(started, start):
    path = "orders.payments.gateways.test.gateway.TestGateway"
    refused(started(*STARTS[start], PAYMENT_GATEWAY=path), "PAYMENT_GATEWAY", "moves no money")


@pytest.mark.parametrize("path", ["does.not.Exist", "os.path.join", "os", "nonsense", "datetime.datetime"])
def test_what_is_no_gateway_is_refused(started, path):
    refused(started(*MANAGE, "check", PAYMENT_GATEWAY=path), "PAYMENT_GATEWAY")


def test_a_gateway_whose_origin_is_no_origin_is_refused(started):
    refused(started(*MANAGE, "check", PAYMENT_GATEWAY="tests.shop.serve.test_start.Wildcard"), "origin", "https://host")


class Wildcard(PaymentGateway):
    """A gateway that would open the content policy to everybody."""

    name, is_test, origin = "wild", False, "https://*"
    open = parse = refund = None


def test_a_demo_login_is_refused_until_leave_demo_ended_it(started):
    demo = {"DEMO": "1", "SECRET_KEY": None, "PAYMENT_GATEWAY": None, "SITE_URL": None}
    people = "from shop.demo import content; content.people()"
    for command in (("migrate", "-v0"), ("shell", "-v0", "-c", people)):
        result = started(*MANAGE, *command, **demo)
        assert result.returncode == 0, result.stderr
    for start in STARTS.values():
        refused(started(*start), "demo login shopper@example.com is active", "manage.py leave_demo")
    left = started(*MANAGE, "leave_demo")
    assert left.returncode == 0, left.stderr
    assert "admin@example.com" in left.stdout
    assert started(*MANAGE, "events", "stats").returncode == 0


@pytest.mark.parametrize("start", ["daphne", "uvicorn", "worker", "relay"])
def test_a_process_by_itself_needs_a_redis(started, start):
    refused(started(*STARTS[start], REDIS_URL=None), "REDIS_URL is not set")


@pytest.mark.parametrize(
    ("environment", "said"),
    [
        ({"DATABASE_URL": "postgres://nobody@127.0.0.1:1/none"}, "DATABASE_URL cannot be reached"),
        ({"REDIS_URL": "redis://127.0.0.1:1/0"}, "REDIS_URL cannot be reached"),
        ({"EVENT_SIGNING_KEYS": "a:short"}, "EVENT_SIGNING_KEYS"),
        ({"EVENT_ENCRYPTION_KEYS": "nonsense"}, "EVENT_ENCRYPTION_KEYS"),
        ({"EVENT_QUEUES": "live=1"}, "wants the queue"),
        ({"DATABASE_URL": "oracle://x/y"}, "DATABASE_URL"),
        ({"PORT": "many"}, "PORT must be a whole number"),
        ({"PORT": "70000"}, "PORT must be from 1 to 65535"),
    ],
)
def test_serve_says_in_one_sentence_why_it_does_not_start(started, environment, said):
    refused(started(*MANAGE, "serve", **environment), said)


def test_simulate_refuses_to_place_orders_in_a_real_shop(started):
    started(*MANAGE, "migrate", "-v0")
    result = started(*MANAGE, "simulate", "--orders", "1")
    assert result.returncode == 1
    assert "only in the demo" in result.stderr
