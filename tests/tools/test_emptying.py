"""Between tests the tables are emptied, and what a new database has from the start is there again."""

import psycopg
import pytest
from django.contrib.auth.models import Permission
from django.contrib.contenttypes.models import ContentType
from django.core.management import call_command
from django.db import OperationalError

from shop.accounts.models import User
from tests.support.emptying import patiently
from tests.support.factories import UserFactory


def failure(message, cause=None):
    problem = OperationalError(message)
    problem.__cause__ = cause
    return problem


class Flush:
    """Fails with each of these, then succeeds."""

    def __init__(self, *problems):
        self.problems, self.calls = list(problems), 0

    def __call__(self):
        self.calls += 1
        if self.problems:
            raise self.problems.pop(0)


@pytest.mark.parametrize(
    "problem",
    [failure("deadlock detected", psycopg.errors.DeadlockDetected()), failure("database table is locked")],
    ids=["PostgreSQL", "SQLite"],
)
def test_a_flush_that_lost_its_locks_is_tried_again(problem):
    flush = Flush(problem, problem)
    patiently(flush, pause=0)
    assert flush.calls == 3


@pytest.mark.parametrize(
    "problem",
    [failure("server closed the connection"), failure("disk full", psycopg.errors.DiskFull())],
    ids=["no server", "no room"],
)
def test_another_failure_is_raised_at_once(problem):
    flush = Flush(problem)
    with pytest.raises(OperationalError):
        patiently(flush, pause=0)
    assert flush.calls == 1


def test_tables_that_stay_locked_are_a_failure_in_the_end():
    flush = Flush(*[failure("database is locked")] * 9)
    with pytest.raises(OperationalError):
        patiently(flush, times=3, pause=0)
    assert flush.calls == 3


def flush():
    call_command("flush", interactive=False, verbosity=0)


def test_what_a_test_wrote_is_gone_and_the_first_rows_stay(transactional_db):
    flush()  # the first one writes them
    permissions = set(Permission.objects.values_list("pk", "codename"))
    UserFactory()
    flush()
    assert not User.objects.exists()
    assert set(Permission.objects.values_list("pk", "codename")) == permissions != set()


def test_rows_that_are_made_anew_have_the_keys_that_a_running_shop_has_read(transactional_db):
    flush()
    keys = set(ContentType.objects.values_list("pk", "app_label", "model"))
    Permission.objects.filter(codename="add_user").update(codename="changed")
    call_command("flush", interactive=False, verbosity=0, reset_sequences=False)  # as Django does after a test
    assert set(ContentType.objects.values_list("pk", "app_label", "model")) == keys


def test_first_rows_that_a_test_changed_are_made_anew(transactional_db):
    codenames = set(Permission.objects.values_list("codename", flat=True))
    Permission.objects.filter(codename="add_user").update(codename="changed")
    flush()
    assert set(Permission.objects.values_list("codename", flat=True)) == codenames
