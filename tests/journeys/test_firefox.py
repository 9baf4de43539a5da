"""The main journey and the live page in Firefox, driven by WebDriver BiDi."""

import json
import subprocess

import pytest

from orders.lifecycle import Status
from orders.models import Order
from tests.journeys.conftest import move
from tests.support.node import node
from tests.support.servers import ROOT
from tools import machine

pytestmark = [pytest.mark.once, pytest.mark.firefox]


@pytest.fixture
def firefox(demo):
    """A Firefox that buys something and watches the order; gives the process of its script."""
    program = machine.firefox()
    assert program, "Firefox is needed: `make test` installs it, or `python3 tools/machine.py firefox`"
    process = subprocess.Popen(
        [node(), "tests/journeys/firefox.mjs", program, demo],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    yield process
    process.stdin.close()
    try:
        process.wait(20)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def said(firefox):
    line = firefox.stdout.readline()
    assert line, "the journey broke off; its standard error says where"
    return json.loads(line)


def until(firefox, status):
    firefox.stdin.write(json.dumps({"until": status}) + "\n")
    firefox.stdin.flush()
    return said(firefox)


def test_a_guest_buys_pays_and_sees_the_order_move_without_a_reload(firefox):
    order = Order.objects.get(ref=said(firefox)["paid"])
    for target, words in (
        (Status.PREPARING, "Preparing"),
        (Status.SHIPPED, "Shipped"),
        (Status.OUT_FOR_DELIVERY, "Out for delivery"),
        (Status.DELIVERED, "Delivered"),
    ):
        move(order, target)
        seen = until(firefox, words)
        assert seen["title"].startswith(words)
        assert (seen["connection"], seen["wide"], seen["complaints"]) == ("live", False, [])
