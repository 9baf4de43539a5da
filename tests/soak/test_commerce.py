"""Everything of a shop at once, with kills: nothing oversold, nobody charged twice, no money lost, the papers agree."""

import json
import os

import pytest

from tests.soak.__main__ import commerce

pytestmark = pytest.mark.once


def test_with_kills_the_goods_the_money_the_papers_and_the_page_agree():
    code, row = commerce("--seed", os.environ.get("SOAK_SEED", "3"), "--orders", "25")
    assert code == 0, json.dumps(row, indent=1)
    assert row["kills"] >= 20
    assert row["orders"] >= 25


@pytest.mark.parametrize("lock", ["order", "stock"])
def test_without_a_lock_two_change_the_same_row(lock):
    """The negative controls: then only the count of versions keeps the second from overwriting the first."""
    code, row = commerce("--orders", "60", "--kills", "0", "--without", lock)
    assert code == 1
    assert row["conflicts"] + row["wrong_in_all"] > 0
