"""The soak in its short form; `make soak` is the long one."""

import json
import os

import pytest
from django.db import connection

from tests.soak.__main__ import soak
from tests.support.brokers import chosen

DATABASE = "sqlite" if connection.vendor == "sqlite" else "postgres"


@pytest.mark.parametrize("broker", sorted({"valkey", chosen()}))
def test_under_kills_losses_doubles_failures_and_restarts_every_effect_is_there_once_and_in_order(broker):
    code, row = soak(DATABASE, broker, "--seed", os.environ.get("SOAK_SEED", "11"), "--events", "300", "--kills", "30")
    assert code == 0, json.dumps(row)
    assert row["kills"] >= 30
    assert min(row["dropped"], row["doubled_wake_ups"], row["failures"], row["rolled_back"], row["broker_restarts"]) > 0


def test_workers_and_relays_live_through_restarts_of_broker_and_database():
    """Nobody is killed here, and nobody may end: the same processes go on."""
    code, row = soak(DATABASE, chosen(), "--events", "300", "--kills", "0")
    assert code == 0, json.dumps(row)
    assert row["ended"] == []
    assert row["broker_restarts"] == 2
    assert row["database_restarts"] == (0 if connection.vendor == "sqlite" else 2)


@pytest.mark.once
def test_without_the_lock_the_soak_finds_doubled_effects():
    """The negative control, on a PostgreSQL of its own: on SQLite the lock is the write transaction (see
    test_processing.py).
    """
    code, row = soak("postgres", "valkey", "--events", "600", "--kills", "0", "--without-lock")
    assert code == 1
    assert row["doubled"] + row["out_of_order"] > 0
