"""On SQLite a transaction that reads and then writes waits for its turn."""

import contextlib
import threading

import pytest
from django.db import OperationalError, connection, connections

from events.models import Log
from tests.support.together import at_once

pytestmark = pytest.mark.once  # the setting is of SQLite


def read_then_write_at_once(mode, patience):
    """Two transactions that both read before either writes, if they can within `patience` seconds; their errors."""
    Log.objects.get_or_create()  # a row to change
    both_have_read = threading.Barrier(2, timeout=patience)
    errors = []

    def transaction():
        mine = connections.create_connection("default")
        try:
            with mine.cursor() as cursor:
                cursor.execute(f"BEGIN {mode}")
                cursor.execute(f"SELECT * FROM {Log._meta.db_table}")
                cursor.fetchall()
                with contextlib.suppress(threading.BrokenBarrierError):  # the other one waits for this one's end
                    both_have_read.wait()
                cursor.execute(f"UPDATE {Log._meta.db_table} SET epoch = %s", [threading.current_thread().name[-16:]])
                cursor.execute("COMMIT")
        except OperationalError as error:
            errors.append(str(error))
        finally:
            mine.close()

    at_once(transaction, transaction)
    return errors


@pytest.mark.slow
def test_the_shops_transactions_wait_for_each_other(transactional_db):
    assert read_then_write_at_once(connection.settings_dict["OPTIONS"]["transaction_mode"], 0.5) == []


def test_without_the_setting_one_of_two_fails_at_once(transactional_db):
    assert read_then_write_at_once("DEFERRED", 30) == ["database is locked"]
