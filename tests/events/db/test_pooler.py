"""Behind a pooler that shares one PostgreSQL session, no process leaves a setting for the others."""

import os
import subprocess
import sys

import psycopg
import pytest

from tests.conftest import environment
from tests.support.servers import ROOT, pgbouncer, postgres

pytestmark = [pytest.mark.once, pytest.mark.pooler]

WORKER = """
import django
django.setup()
from django.db import connection, transaction
from events.db import idle_transactions

def bound():
    with connection.cursor() as cursor:
        cursor.execute("SHOW idle_in_transaction_session_timeout")
        return cursor.fetchone()[0]

idle_transactions.bound(lambda: 80)
for _ in range(2):
    with transaction.atomic():
        with transaction.atomic():
            print(bound())
    print(bound())
connection.close()
with transaction.atomic():
    print(bound())
"""
SEARCH = """
import django
django.setup()
from shop.catalog.models import Product
from shop.catalog.search import search
print(list(search("teapot", Product.objects.all())))
"""


LONG_READ = """
import os
import django
django.setup()
import psycopg
from orders.models import DeliveryMethod

for n in range(3):
    DeliveryMethod.objects.create(code=f"m{n}", title="m", carrier="c", price=1)
rows = iter(DeliveryMethod.objects.iterator(chunk_size=1))  # as a choice in a form of Django's reads them
print(next(rows).code)
with psycopg.connect(os.environ["DATABASE_URL"]) as other:
    other.execute("SELECT 1")  # in a transaction: the session that we had is lent to somebody else
    print(*(row.code for row in rows))
"""


@pytest.fixture(scope="module")
def database():
    with postgres() as url:
        run("manage.py", "migrate", "--verbosity", "0", database=url)
        yield url


@pytest.fixture
def pooled(database):
    with pgbouncer(database) as url:
        yield url


@pytest.fixture
def two_sessions(database):
    with pgbouncer(database, sessions=2) as url:
        yield url


def run(*command, database):
    given = {**os.environ, **environment(os.environ["REDIS_URL"]), "DATABASE_URL": database, "DATABASE_PREPARE": "0"}
    done = subprocess.run([sys.executable, *command], cwd=ROOT, env=given, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.split("\n")[:-1]


def setting(pooled, name):
    """What a process sees that gets the session next."""
    with psycopg.connect(pooled, autocommit=True) as connection:
        return connection.execute(f"SELECT current_setting('{name}', true)").fetchone()[0]


def test_each_transaction_of_a_worker_is_bounded_and_nobody_elses(pooled):
    assert run("-c", WORKER, database=pooled) == ["80s", "0", "80s", "0", "80s"]
    assert setting(pooled, "idle_in_transaction_session_timeout") == "0"


def test_a_search_leaves_the_similarity_of_others_alone(pooled):
    before = setting(pooled, "pg_trgm.word_similarity_threshold")
    run("-c", SEARCH, database=pooled)
    assert setting(pooled, "pg_trgm.word_similarity_threshold") in (before, "0.6")


def test_a_read_goes_on_in_another_session(two_sessions):
    assert run("-c", LONG_READ, database=two_sessions) == ["m0", "m1 m2"]
