"""An installation that was set up as the documentation says."""

import time

import pytest

pytestmark = pytest.mark.once

# `production` is the shop on each database; what no database decides is tried on one.


def test_djangos_checks_for_a_deployment_find_nothing(production):
    checked = production.manage("check", "--deploy", "--database", "default", "--fail-level", "WARNING")
    assert checked.returncode == 0, checked.stderr
    assert "no issues" in checked.stdout


def test_the_doctor_finds_everything_that_a_sale_needs(production):
    # The web process is ready before the workers are: `serve` starts them at the same time.
    end = time.monotonic() + 90
    while (seen := production.manage("doctor")).returncode and time.monotonic() < end:
        time.sleep(1)
    assert seen.returncode == 0, seen.stdout + seen.stderr
    for name in (
        "settings",
        "database",
        "broker",
        "channel layer",
        "mail",
        "payment gateway",
        "keys",
        "queues",
        "clock",
    ):
        assert name in seen.stdout
    assert "5 partitions" in seen.stdout
    assert "This shop can sell." in seen.stdout


@pytest.mark.parametrize(
    ("environment", "name"),
    [
        ({"EMAIL_URL": "smtp://127.0.0.1:1"}, "mail"),
        ({"BROKER_URL": "amqp://127.0.0.1:1//"}, "broker"),
        ({"REDIS_URL": "redis://127.0.0.1:1/0"}, "channel layer"),
        ({"EVENT_QUEUES": "live=1,orders=1,payments=1,mail=3,webhooks=1"}, "queues"),
    ],
)
def test_the_doctor_names_what_is_missing(on_sqlite, environment, name):
    seen = on_sqlite.manage("doctor", **environment)
    assert seen.returncode == 1
    assert "cannot sell yet" in seen.stdout
    assert name in seen.stdout.splitlines()[-1]


def test_the_doctor_says_so_when_the_database_is_away(on_sqlite):
    seen = on_sqlite.manage("doctor", DATABASE_URL="postgres://nobody@127.0.0.1:1/none")
    assert seen.returncode == 1
    assert "Traceback" not in seen.stderr
    assert "database" in seen.stdout.splitlines()[-1]


def test_without_a_delivery_method_the_doctor_and_the_checks_say_so(production):
    off = "from orders.models import DeliveryMethod as D; print(D.objects.update(active={}))"
    production.manage("shell", "-v0", "-c", off.format(False))
    try:
        assert "delivery methods" in production.manage("doctor").stdout.splitlines()[-1]
        checked = production.manage("check", "--database", "default", "--fail-level", "WARNING")
        assert checked.returncode == 1
        assert "no active delivery method" in checked.stderr
    finally:
        production.manage("shell", "-v0", "-c", off.format(True))


def test_first_steps_twice_make_one_delivery_method(on_sqlite):
    assert "there is one already" in on_sqlite.manage("first_steps").stdout
    count = on_sqlite.manage(
        "shell", "-v0", "-c", "from orders.models import DeliveryMethod as D; print(D.objects.count())"
    )
    assert count.stdout.strip() == "1"


def test_a_restored_database_gets_a_new_epoch(production):
    show = ("shell", "-v0", "-c", "from events.models import Log; print(Log.current_epoch())")
    before = production.manage(*show).stdout
    assert "new epoch" in production.manage("events", "new-epoch").stdout
    assert production.manage(*show).stdout != before
